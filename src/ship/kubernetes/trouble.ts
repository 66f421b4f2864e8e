/** What an API server refuses, and what a person is told about it. Pure. */
import type { Diagnostic } from '../../core/diagnostic.ts';

export type ApiTrouble =
  | { readonly kind: 'unreachable'; readonly message: string }
  /** What the kubeconfig logs in with (a program, a certificate's file) did not work: the server was not asked. */
  | { readonly kind: 'no-login'; readonly message: string }
  | { readonly kind: 'unauthorized'; readonly message: string }
  | { readonly kind: 'forbidden'; readonly message: string }
  | { readonly kind: 'absent'; readonly message: string }
  /** Somebody else owns a field, or wrote in between. */
  | { readonly kind: 'conflict'; readonly message: string }
  /** What a watch wants to go on from is not known any more. */
  | { readonly kind: 'gone'; readonly message: string }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'cancelled' };

/** By the status alone: messages are for people. */
export function troubleOf(status: number, message: string): ApiTrouble {
  switch (status) {
    case 401:
      return { kind: 'unauthorized', message };
    case 403:
      return { kind: 'forbidden', message };
    case 404:
      return { kind: 'absent', message };
    case 409:
      return { kind: 'conflict', message };
    case 410:
      return { kind: 'gone', message };
    default:
      return { kind: 'refused', status, message };
  }
}

/** `doing`: `reading pods in namespace hub`. Undefined where it was the user who ended it. */
export function apiDiagnostic(trouble: ApiTrouble, doing: string, server: string): Diagnostic | undefined {
  const environment = { category: 'environment', severity: 'error' } as const;
  switch (trouble.kind) {
    case 'cancelled':
      return undefined;
    case 'unreachable':
      return {
        ...environment,
        code: 'cluster-unreachable',
        message: `the Kubernetes API server at ${server} does not answer: ${trouble.message}`,
        help: 'see whether `kubectl get nodes` reaches it; `--context` chooses another cluster',
      };
    case 'no-login':
      return {
        ...environment,
        code: 'cluster-login',
        message: `the kubeconfig's login for ${server} does not work: ${trouble.message}`,
        help: 'mend what its user names, or log in again as for kubectl; `kubectl get nodes` uses the same',
      };
    case 'unauthorized':
      return {
        ...environment,
        code: 'cluster-unauthorized',
        message: `the API server at ${server} does not know you: ${trouble.message}`,
        help: 'log in again as for kubectl (`gcloud container clusters get-credentials …`, `aws eks update-kubeconfig …`)',
      };
    case 'forbidden':
      return {
        ...environment,
        code: 'cluster-forbidden',
        message: `${doing} is not allowed: ${trouble.message}`,
        help: '`build prepull rbac` writes the Role that is needed; somebody who may apply it has to',
      };
    case 'absent':
      return { ...environment, code: 'cluster-absent', message: `${doing}: ${trouble.message}` };
    case 'conflict':
      return {
        ...environment,
        code: 'cluster-conflict',
        message: `${doing}: somebody else owns what would be changed: ${trouble.message}`,
        help: 'let them change it, or take it over with `--force-conflicts`',
      };
    case 'gone':
    case 'refused':
      return { ...environment, code: 'cluster-refused', message: `${doing}: ${trouble.message}` };
    default:
      return trouble satisfies never;
  }
}
