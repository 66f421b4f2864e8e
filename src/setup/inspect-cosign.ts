/**
 * Whether cosign is there, which signs what is published. Debian has it since 13; where apt knows no such package the
 * project's own tests go without, and only a family that signs needs it from elsewhere.
 */
import { parsePolicy } from './apt-policy.ts';
import type { Host } from './host.ts';
import type { Purpose, Requirement } from './requirement.ts';

/** The requirement, where the purpose has it. */
export async function inspectCosign(
  host: Host,
  purpose: Purpose,
  aptKnowsPackages: boolean,
  signal: AbortSignal,
): Promise<readonly Requirement[]> {
  if (purpose.signing !== true && !purpose.tests) return [];
  const [version, policy] = await Promise.all([
    host.output('cosign', ['version'], signal),
    host.output('apt-cache', ['policy', 'cosign'], signal),
  ]);
  // Debian's calls itself `devel`.
  const found = version === undefined ? undefined : (/GitVersion:\s*v?(\S+)/.exec(version)?.[1] ?? 'unknown');
  const isToBeHad = !aptKnowsPackages || parsePolicy(policy ?? '').length > 0;
  if (found === undefined && purpose.signing !== true && !isToBeHad) return [];
  return [
    {
      id: 'cosign',
      name: 'cosign',
      why: 'signs what is published',
      needed: 'any',
      found,
      state: found === undefined ? 'missing' : 'ok',
      mend: found === undefined ? 'apt-get install cosign' : undefined,
    },
  ];
}
