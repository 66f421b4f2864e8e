/**
 * The exchange's volume, and the family's NFS server on it where there is one. Pods get the volume itself: whether
 * a kernel can mount NFS is the machine's affair, and many a test machine's cannot.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { NetworkInfo } from '../../engine/container.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { launch } from '../live-container.ts';
import type { LiveContainer, Start } from '../live-container.ts';
import { NfsClient } from '../nfs/nfs-client.ts';
import { patient } from '../../hub/patience.ts';
import { pause } from '../pause.ts';
import { prepareVolume, workplace } from '../prepared-volume.ts';
import type { FamilyRequest } from './family-request.ts';
import { exchangePath } from './z2jh-layout.ts';

export interface Exchange {
  readonly volume: string;
  /** Undefined where the family has none. */
  readonly server: LiveContainer<Start> | undefined;
  /** Why the server cannot be used; undefined where it can, or where there is none. */
  readonly trouble: string | undefined;
}

/** Whoever asks is taken for the export's user. */
export const anybody = { uid: 1234, gid: 1234 } as const;

const budgetMs = 20_000;

/** Makes the volume, and serves it where the family can; `trouble` is why that server never answered. */
export async function openExchange(
  { images }: FamilyRequest,
  bench: Bench,
  network: NetworkInfo,
  signal: AbortSignal,
): Promise<Result<Exchange, EngineError>> {
  const script = `chown 1000:100 ${workplace} && chmod 1777 ${workplace}`;
  const prepared = await prepareVolume(bench, images.student, { script, file: '/etc/passwd' }, signal);
  if (!prepared.ok) return prepared;
  const { volume } = prepared.value;
  if (images.nfs === undefined) return ok({ volume, server: undefined, trouble: undefined });
  const launched = await launch(
    bench,
    network.name,
    {
      image: images.nfs,
      env: {},
      capAdd: ['DAC_READ_SEARCH'],
      mounts: [{ kind: 'volume', volume, target: exchangePath, noCopy: true }],
    },
    signal,
  );
  if (!launched.ok) return launched;
  const server = launched.value;
  const client = new NfsClient(server.address);
  const started = performance.now();
  let trouble: string | undefined = 'never asked';
  while (trouble !== undefined && performance.now() - started < patient(budgetMs)) {
    const listed = await client.list(anybody, '/exchange', signal);
    trouble = listed.ok ? undefined : listed.error.message;
    if (trouble !== undefined && !(await pause(300, signal))) {
      return err({ kind: 'cancelled', message: 'cancelled' });
    }
  }
  return ok({ volume, server, trouble });
}
