/**
 * Brings images of the engine's store into a cluster on this machine: into kind's nodes by kind itself, into
 * containerd by its own client. No registry is asked.
 */
import type { Readable } from 'node:stream';
import { environmentError, type Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ImageStore } from '../../engine/engine.ts';

export type LoadPlace =
  | { readonly kind: 'kind'; readonly cluster: string }
  /** Kubelets look in its namespace `k8s.io`. */
  | { readonly kind: 'containerd'; readonly address: string };

/** Loads all references in one go, so that layers which they share travel once. */
export async function loadImages(
  images: ImageStore,
  place: LoadPlace,
  references: readonly string[],
  signal: AbortSignal,
): Promise<Result<void, Diagnostic | 'cancelled'>> {
  if (references.length === 0) return ok(undefined);
  switch (place.kind) {
    case 'kind': {
      const args = ['load', 'docker-image', '--name', place.cluster, '--', ...references];
      return await run('kind', args, undefined, signal);
    }
    case 'containerd': {
      const saved = await images.exportTar(references, signal);
      if (!saved.ok) {
        if (saved.error.kind === 'cancelled') return err('cancelled');
        return err(
          environmentError('cannot-save', `the engine does not hand the images over: ${saved.error.message}`),
        );
      }
      const args = ['--address', place.address, '--namespace', 'k8s.io', 'images', 'import', '-'];
      return await run('ctr', args, saved.value, signal);
    }
    default:
      return place satisfies never;
  }
}

async function run(
  program: 'kind' | 'ctr',
  args: readonly string[],
  input: Readable | undefined,
  signal: AbortSignal,
): Promise<Result<void, Diagnostic | 'cancelled'>> {
  const { execa } = await import('execa');
  const { env } = process;
  const kept = [
    'PATH',
    'HOME',
    'DOCKER_HOST',
    'DOCKER_CONTEXT',
    'DOCKER_CONFIG',
    'KIND_EXPERIMENTAL_PROVIDER',
    'XDG_CONFIG_HOME',
  ];
  const ran = await execa(program, args, {
    ...(input === undefined ? { stdin: 'ignore' as const } : { input: input }),
    reject: false,
    cancelSignal: signal,
    extendEnv: false,
    env: Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  });
  if (ran.isCanceled || signal.aborted) return err('cancelled');
  if (ran.exitCode === 0) return ok(undefined);
  if (ran.code === 'ENOENT') {
    const help =
      program === 'kind'
        ? 'https://kind.sigs.k8s.io tells how to install it'
        : 'it comes with containerd: the package `containerd`';
    return err(environmentError('missing-program', `there is no program \`${program}\` here`, help));
  }
  const said = String(ran.stderr).trim().split('\n').slice(-5).join('\n');
  return err(environmentError('load-failed', `\`${program} ${args.slice(0, 2).join(' ')}\` failed: ${said}`));
}
