/** A start that is mostly waited for goes on beside the image's other starts, and is told in its turn. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smokeImage } from '../../src/smoke/smoke-image.ts';
import { engineRig, patience, valueOf, type EngineRig } from '../rig/engine.ts';
import { FaultyImages } from '../rig/faulty-images.ts';
import { leftovers, requestFor, runId } from '../rig/judge.ts';

let rig: EngineRig;
let images: FaultyImages;
let image = '';

beforeAll(async () => {
  rig = await engineRig('classic');
  images = new FaultyImages(rig.engine, 'waiting');
  const script = "trap 'exit 1' TERM; sleep 600 & wait";
  image = await images.build(
    'ends-when-told',
    `FROM ${rig.root}\nCMD ["sh"]\nENTRYPOINT ${JSON.stringify(['sh', '-c', script])}\n`,
  );
});

afterAll(async () => {
  const left = await leftovers(rig.engine);
  await images[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
  expect(left).toBe(0);
});

async function running(): Promise<readonly string[]> {
  const listed = valueOf(await rig.engine.listContainers(`hubwright=${runId}`, patience()));
  return listed.filter(({ status }) => status === 'running').map(({ id }) => id);
}

test('the start without a hub runs beside the start at another port', async () => {
  const heard: string[] = [];
  const request = requestFor(image, { tier: 'deep', clauses: ['S4a', 'S8'] });
  const judging = smokeImage(
    rig.engine,
    request,
    ({ id, result }) => heard.push(`${id} ${result}`),
    patience(),
  );
  await expect.poll(async () => (await running()).length).toBe(2);
  for (const id of await running()) valueOf(await rig.engine.stopContainer(id, 10, patience()));
  expect(valueOf(await judging).clauses.map(({ id, result }) => `${id} ${result}`)).toEqual([
    'S4a fail',
    'S8 pass',
  ]);
  expect(heard).toEqual(['S4a fail', 'S8 pass']);
});

test('Ctrl-C ends both, and leaves nothing behind', async () => {
  const controller = new AbortController();
  const request = requestFor(image, { tier: 'deep', clauses: ['S4a', 'S8'] });
  const judging = smokeImage(rig.engine, request, () => {}, controller.signal);
  await expect.poll(async () => (await running()).length).toBe(2);
  controller.abort();
  expect(await judging).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
  expect(await leftovers(rig.engine)).toBe(0);
});
