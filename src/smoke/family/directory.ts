/**
 * A real slapd with people, groups and a certificate of an authority of this test's own. It takes passwords over TLS
 * alone, so that a login that works has used StartTLS.
 */
import { readFile } from 'node:fs/promises';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { NetworkInfo } from '../../engine/container.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { launch } from '../live-container.ts';
import type { LiveContainer, Start } from '../live-container.ts';
import { patient } from '../../hub/patience.ts';
import { pause } from '../pause.ts';
import { peopleAsLdif, suffix } from './people.ts';
import type { People } from './people.ts';

export interface Certificates {
  readonly ca: string;
  /** An authority that has signed nothing here. */
  readonly otherCa: string;
  /** The emulated Kubernetes API's. */
  readonly kubernetes: { readonly certificate: string; readonly key: string };
}

export interface Directory extends LiveContainer<Start> {
  /** Undefined where it never answered. */
  readonly certificates: Certificates | undefined;
}

/** The name under which the hub reaches it; its certificate holds it. */
export const directoryHost = 'ldap';

const budgetMs = 20_000;
const maxFileBytes = 16 * 1024;

/** Starts it and waits until it answers an anonymous search over TLS. */
export async function openDirectory(
  bench: Bench,
  image: string,
  network: NetworkInfo,
  people: People,
  signal: AbortSignal,
): Promise<Result<Directory, EngineError>> {
  const script = await readFile(new URL('./files/start-directory.sh', import.meta.url), 'utf8');
  const launched = await launch(
    bench,
    network.name,
    {
      image,
      entrypoint: ['/bin/sh', '-c', script],
      cmd: [],
      env: { SUFFIX: suffix, PEOPLE: peopleAsLdif(people), GATEWAY: network.gateway },
      mounts: [],
      networkAliases: [directoryHost],
    },
    signal,
  );
  if (!launched.ok) return launched;
  const live = launched.value;
  const started = performance.now();
  const question = ['ldapwhoami', '-x', '-ZZ', '-H', `ldap://${directoryHost}`];
  while (performance.now() - started < patient(budgetMs)) {
    const asked = await bench.engine.exec(
      live.containerId,
      question,
      { env: { LDAPTLS_CACERT: '/run/pki/ca.crt' } },
      signal,
    );
    // Until it runs, or after it has ended, nothing can be run inside.
    if (asked.ok && asked.value.exitCode === 0) {
      const certificates = await readCertificates(bench, live.containerId, signal);
      return certificates.ok ? ok({ ...live, certificates: certificates.value }) : certificates;
    }
    if (!asked.ok && asked.error.kind === 'unreachable') return asked;
    if (!(await pause(200, signal))) return err({ kind: 'cancelled', message: 'cancelled' });
  }
  return ok({ ...live, certificates: undefined });
}

async function readCertificates(
  bench: Bench,
  id: string,
  signal: AbortSignal,
): Promise<Result<Certificates, EngineError>> {
  const names = ['ca.crt', 'other-ca.crt', 'kubernetes.crt', 'kubernetes.key'];
  const texts: string[] = [];
  for (const name of names) {
    const file = await bench.engine.readFile(id, `/run/pki/${name}`, maxFileBytes, signal);
    if (!file.ok) return file;
    texts.push(file.value.toString('utf8'));
  }
  const [ca = '', otherCa = '', certificate = '', key = ''] = texts;
  return ok({ ca, otherCa, kubernetes: { certificate, key } });
}
