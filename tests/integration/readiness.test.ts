/** Containers that end before they answer, on a real engine. */
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awaitReadiness } from '../../src/smoke/readiness.ts';
import { engineRig, patience, valueOf } from '../rig/engine.ts';
import type { EngineRig } from '../rig/engine.ts';

/** What the kernel takes to give up an address of its own network at which nobody is. */
const kernelGivesUpMs = 2900;

let rig: EngineRig;
beforeAll(async () => {
  rig = await engineRig('classic');
});
afterAll(() => rig?.[Symbol.asyncDispose]());

test('an end is told at once, not when its address is given up', async () => {
  const { engine, labels, root } = rig;
  const name = `hubwright-test-readiness-${process.pid}`;
  const network = valueOf(await engine.createNetwork(name, { internal: true, labels }, patience()));
  try {
    const spec = { image: root, cmd: ['/bin/sh', '-c', 'exit 7'], env: {}, labels, mounts: [] };
    const id = valueOf(await engine.createContainer({ ...spec, network: network.name }, patience()));
    valueOf(await engine.startContainer(id, patience()));
    valueOf(await engine.waitContainer(id, patience()));
    const nobody = network.gateway.replace(/\d+$/, '77');
    const goal = { port: 8888, path: '/', budgetMs: 60_000, accepts: () => true };
    const began = performance.now();
    const readiness = valueOf(await awaitReadiness(engine, id, nobody, goal, patience()));
    expect(readiness).toMatchObject({ kind: 'ended', exitCode: 7 });
    expect(performance.now() - began).toBeLessThan(kernelGivesUpMs);
    await engine.removeContainer(id, patience());
  } finally {
    await engine.removeNetwork(network.name, patience());
  }
});
