/** Whether there is a Trivy that images can be scanned with, and a Go that can build one. Changes nothing. */
import { findTrivy, trivyVersion, type Environment } from '../scan/trivy-program.ts';
import { parsePolicy } from './apt-policy.ts';
import type { Host } from './host.ts';
import type { Requirement } from './requirement.ts';

/** The oldest Go that builds the pinned Trivy: the `go` line of trivy/go.mod, which GOTOOLCHAIN=local holds us to. */
export const oldestGo = '1.25.8';

/** Trivy, and where it is missing what builds it. */
export async function inspectTrivy(
  host: Host,
  env: Environment,
  signal: AbortSignal,
): Promise<readonly Requirement[]> {
  const trivy = await findTrivy(env);
  if (trivy.ok) return [trivyIs({ found: trivy.value.program, state: 'ok', mend: undefined })];
  const missing = trivyIs({ found: undefined, state: 'missing', mend: '`build setup --scanner`' });
  // A name that leads nowhere is the user's to mend: what setup builds would not be taken.
  if (env['HUBWRIGHT_TRIVY'])
    return [{ ...missing, mend: 'unset HUBWRIGHT_TRIVY, or name a Trivy that is there' }];
  const version = /go(\d+(?:\.\d+)+)/.exec((await host.output('go', ['version'], signal)) ?? '')?.[1];
  const isFit = version !== undefined && isAtLeast(version, oldestGo);
  const offered = parsePolicy((await host.output('apt-cache', ['policy', 'golang-go'], signal)) ?? '');
  const canInstall = offered.some((each) => isAtLeast(each.version.replace(/^\d+:/, ''), oldestGo));
  const mend = canInstall ? 'apt-get install golang-go' : `install Go ${oldestGo} or newer by hand`;
  return [
    {
      id: 'go',
      name: 'Go',
      why: 'builds Trivy, which no package has here',
      needed: `${oldestGo} or newer`,
      found: version,
      state: isFit ? 'ok' : version === undefined ? 'missing' : 'too-old',
      mend: isFit ? undefined : mend,
    },
    missing,
  ];
}

function trivyIs(rest: Pick<Requirement, 'found' | 'state' | 'mend'>): Requirement {
  return {
    id: 'trivy',
    name: 'Trivy',
    why: 'scans what is published',
    needed: `any; ${trivyVersion} is built`,
    ...rest,
  };
}

function numbers(text: string): readonly number[] {
  return (/^[\d.]+/.exec(text)?.[0] ?? '').split('.').map(Number);
}

/** Whether a version is as new as another; what follows the numbers (`~2`, `-1`) does not count. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [found, wanted] = [numbers(version), numbers(oldest)];
  for (let at = 0; at < wanted.length; at += 1) {
    const difference = (found[at] ?? 0) - (wanted[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
