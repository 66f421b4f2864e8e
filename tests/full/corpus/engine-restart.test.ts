/** An engine that is restarted or dies while an image is judged: judged again where it comes back, else nobody's fault. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { smokeImage } from '../../../src/smoke/smoke-image.ts';
import { buildRequest, makeRootTar, patience, valueOf } from '../../rig/engine.ts';
import { failures, leftovers, requestFor, runId } from '../../rig/judge.ts';
import {
  endSecondEngine,
  killEngine,
  restartEngine,
  secondEngineSocket,
  sharedFolderPrefix,
} from '../../rig/second-engine.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const image = 'restart.test/sleeper:1';
let folder = '';
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
  engine = connectDocker({ socket: await secondEngineSocket(folder, 'classic') });
  const root = 'restart.test/root:1';
  valueOf(await engine.images.importTar(await makeRootTar(folder), root, {}, patience()));
  const dockerfile = `FROM ${root}\nCMD ["sh", "-c", "trap exit TERM; sleep 600 & wait"]\n`;
  const request = { ...buildRequest('sleeper', dockerfile), tags: [image] };
  valueOf(await engine.build(request, () => {}, patience()));
});

afterAll(async () => {
  await engine?.close();
  await endSecondEngine(folder);
});

/** Judges a container that would be watched for some seconds, and does something to the engine once it runs. */
async function judgeWhile(attack: () => Promise<void>): Promise<Awaited<ReturnType<typeof smokeImage>>> {
  const request = requestFor(image, { profile: 'custom' });
  const judging = smokeImage(engine, request, () => {}, AbortSignal.timeout(200_000));
  await expect
    .poll(
      async () => {
        const listed = await engine.listContainers(`hubwright=${runId}`, patience());
        return listed.ok && listed.value.some(({ status }) => status === 'running');
      },
      { timeout: 30_000, interval: 50 },
    )
    .toBe(true);
  await attack();
  return await judging;
}

it('is restarted in order: the image is judged again, and passes', async () => {
  const judged = await judgeWhile(async () => {
    process.kill(Number(await readFile(path.join(folder, 'dockerd.pid'), 'utf8')), 'SIGTERM');
    await expect
      .poll(() => readFile(path.join(folder, 'dockerd.pid'), 'utf8').catch(() => 'gone'), { timeout: 60_000 })
      .toBe('gone');
    await restartEngine(folder);
  });
  expect(valueOf(judged)).toMatchObject({ passed: true });
  expect(failures(valueOf(judged))).toEqual([]);
  expect(await leftovers(engine)).toBe(0);
});

it('is killed and comes back: the image is judged again, and passes', async () => {
  const judged = await judgeWhile(async () => {
    await killEngine(folder);
    await restartEngine(folder);
  });
  expect(valueOf(judged)).toMatchObject({ passed: true });
  expect(await leftovers(engine)).toBe(0);
});

it('dies and stays away: told as the environment’s trouble, never as the image’s', async () => {
  const judged = await judgeWhile(() => killEngine(folder));
  expect(judged).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
});
