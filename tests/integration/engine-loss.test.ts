/** An engine that dies in the middle of a run: the run ends in order, and the same command takes up its work again. */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { ownerLabel } from '../../src/core/labels.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { outcomesOf } from '../rig/events.ts';
import {
  endSecondEngine,
  killEngine,
  restartEngine,
  secondEngineSocket,
  sharedFolderPrefix,
} from '../rig/second-engine.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

const soon = { timeout: 30_000, interval: 100 };

let folder = '';
let socket = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
  socket = await secondEngineSocket(folder, 'classic');
});

afterAll(() => endSecondEngine(folder));

/** The events of the newest run, as far as they are told yet. */
async function journal(family: Workspace): Promise<readonly RunEvent[]> {
  const runs = await readdir(path.join(family.directory, '.hubwright/runs')).catch(() => []);
  const newest = runs.toSorted().at(-1);
  if (newest === undefined) return [];
  const lines = (await family.read(`.hubwright/runs/${newest}/events.ndjson`)).split('\n');
  // Our own events. The last line may be half-written, and what follows the last newline is no line.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent);
}

/** Everything in the engine that a run labels as its own. */
async function leftovers(engine: Engine): Promise<readonly string[]> {
  const signal = patience();
  return [
    ...valueOf(await engine.listContainers(ownerLabel, signal)).map(({ id }) => `container ${id}`),
    ...valueOf(await engine.listNetworks(ownerLabel, signal)).map(({ name }) => `network ${name}`),
    ...valueOf(await engine.listVolumes(ownerLabel, signal)).map((name) => `volume ${name}`),
  ];
}

test('killed while an image is built: 3 and a closed journal; then what was done stays done', async () => {
  await using family = await workspace(
    {
      'matrix.yaml': matrixOf(['base', 'slow', 'late']),
      'base/Dockerfile': trivial,
      'slow/Dockerfile': 'FROM {p}base\nRUN echo half-way; sleep 6\nCMD ["true"]\n',
      'late/Dockerfile': 'FROM {p}slow\nCMD ["true"]\n',
    },
    { socket },
  );
  const running = family.start(['images', '--changed']);
  await expect
    .poll(async () => {
      const events = await journal(family);
      const building = events.some((event) => event.kind === 'build-step' && event.name.includes('half-way'));
      return building && outcomesOf(events, family.prefix)['base'];
    }, soon)
    .toBe('done');
  await killEngine(folder);
  const killed = Date.now();
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(3);
  expect(Date.now() - killed).toBeLessThan(10_000);
  expect(stderr).toContain('the engine went away');
  const events = await journal(family);
  expect(events.at(-1)).toMatchObject({ kind: 'run-finished', result: 'environment' });
  expect(outcomesOf(events, family.prefix)).toEqual({ base: 'done', slow: 'failed', late: 'blocked' });

  await restartEngine(folder);
  const again = await family.events(['--changed']);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(outcomesOf(again.events, family.prefix)).toEqual({ base: 'reused', slow: 'done', late: 'done' });
  const built = again.events.flatMap((event) =>
    event.kind === 'stage-started' && event.stage === 'build' ? [event.image] : [],
  );
  expect(built).toEqual([`${family.prefix}slow`, `${family.prefix}late`]);
  expect(await leftovers(family.engine)).toEqual([]);
});

test('killed while an image is checked: 3; then it is checked, not built, and nothing of the dead run is left', async () => {
  await using family = await workspace(
    {
      'matrix.yaml': matrixOf(['sleeper', 'other']),
      'sleeper/Dockerfile':
        'FROM rig.example/{p}root:1\nCMD ["sh", "-c", "trap exit TERM; sleep 300 & wait"]\n',
      'other/Dockerfile': trivial,
    },
    { socket },
  );
  const running = family.start(['images', '--changed']);
  await expect
    .poll(
      async () =>
        valueOf(await family.engine.listContainers(ownerLabel, patience())).map(({ status }) => status),
      soon,
    )
    .toContain('running');
  await killEngine(folder);
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(3);
  expect(stderr).toContain('the engine went away');
  const events = await journal(family);
  expect(events.at(-1)).toMatchObject({ kind: 'run-finished', result: 'environment' });
  // Whichever check hears of it first fails, and ends the others.
  expect(outcomesOf(events, family.prefix)['sleeper']).toMatch(/^(failed|cancelled)$/);

  await restartEngine(folder);
  const again = await family.events(['--changed']);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(outcomesOf(again.events, family.prefix)['sleeper']).toBe('done');
  const stages = again.events.flatMap((event) =>
    event.kind === 'stage-started' && event.image.endsWith('sleeper') ? [event.stage] : [],
  );
  expect(stages).toEqual(['smoke']);
  expect(await leftovers(family.engine)).toEqual([]);
});

test('a run that is itself killed while it checks leaves nothing that the next one does not remove', async () => {
  await using family = await workspace(
    {
      'matrix.yaml': matrixOf(['sleeper']),
      'sleeper/Dockerfile':
        'FROM rig.example/{p}root:1\nCMD ["sh", "-c", "trap exit TERM; sleep 300 & wait"]\n',
    },
    { socket },
  );
  const running = family.start(['images', '--changed']);
  await expect.poll(async () => (await leftovers(family.engine)).length, soon).toBeGreaterThanOrEqual(2);
  running.kill('SIGKILL');
  await running;
  expect((await leftovers(family.engine)).length).toBeGreaterThanOrEqual(2);
  const again = await family.build(['images', '--changed']);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(again.stderr).toContain('from the engine that a run left there');
  expect(await leftovers(family.engine)).toEqual([]);
});
