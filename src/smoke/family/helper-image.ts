/**
 * The image of what a family does not have itself and this test needs: a directory of people (slapd) and certificates
 * (openssl). Built on the spot with the packages of the hub's own Debian (or Ubuntu): it is at hand, and needs no
 * root image. The engine's layer cache makes it cheap the next time.
 */
import { ownerLabel } from '../../core/labels.ts';
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { BuildFailure, Engine } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import type { FamilyRequest } from './family-request.ts';

const tail = 20;
const patienceMs = 60_000;

export interface HelperFailure {
  readonly failure: BuildFailure;
  /** The last lines that the build printed. */
  readonly output: readonly string[];
}

/** Builds it; the bench removes it at the end. Answers its local reference. */
export async function buildHelperImage(
  engine: Engine,
  bench: Bench,
  { images, runId, secrets }: FamilyRequest,
  signal: AbortSignal,
): Promise<Result<string, HelperFailure>> {
  const reference = `hubwright-family-helper:${runId}`;
  const output: string[] = [];
  bench.adopt({
    async [Symbol.asyncDispose]() {
      await engine.images.remove(reference, AbortSignal.timeout(patienceMs));
    },
  });
  const built = await engine.build(
    {
      name: 'family-helper',
      dockerfile: dockerfile(images.hub),
      dockerfilePath: 'family-helper/Dockerfile',
      context: undefined,
      args: {},
      labels: { [ownerLabel]: runId },
      tags: [reference],
      secrets,
      credentials: async () => undefined,
      noCache: false,
    },
    (event) => {
      if (event.kind !== 'output') return;
      output.push(...event.text.split('\n').filter((line) => line.trim() !== ''));
      output.splice(0, output.length - tail);
    },
    signal,
  );
  return built.ok ? ok(reference) : { ok: false, error: { failure: built.error, output } };
}

function dockerfile(hub: string): string {
  return [
    `FROM ${hub}`,
    'USER root',
    'RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \\',
    '    apt-get update \\',
    '    && DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-unsafe-io install -y --no-install-recommends ldap-utils openssl slapd \\',
    '    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*',
    '',
  ].join('\n');
}
