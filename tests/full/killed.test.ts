/** kill -9 at any moment, then the same command: what was finished stays finished, and nothing of the dead run remains. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { ownerLabel } from '../../src/core/labels.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 600_000 });

const kills = 20;

function dockerfile(from: string, round: number): string {
  return `FROM ${from}\nRUN sleep 0.3; echo ${round} > /data/round\nCMD ["sleep", "0.3"]\n`;
}

test('twenty kills at moments of chance', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'child', 'other'], 'registry: ${DOCKER_REGISTRY}\n'),
    'base/Dockerfile': '',
    'child/Dockerfile': '',
    'other/Dockerfile': '',
  });
  const env = { DOCKER_REGISTRY: registry.host };
  for (let round = 0; round < kills; round += 1) {
    const root = 'rig.example/{p}root:1';
    for (const [name, from] of [
      ['base', root],
      ['child', '{p}base'],
      ['other', root],
    ] as const) {
      await family.write(`${name}/Dockerfile`, dockerfile(from, round));
    }
    const delay = Math.random() * 3500;
    const moment = `round ${round}, killed after ${Math.round(delay)} ms`;
    const earlier = await runsOf(family);
    const running = family.start(['images', '--changed', '--push'], env);
    await sleep(delay);
    running.kill('SIGKILL');
    await running;
    const before = await finishedStages(family, earlier);

    const again = await family.events(['--changed', '--push'], env);
    expect(again.exitCode, `${moment}: ${again.stderr}`).toBe(0);
    const repeated = stages(again.events).filter((stage) => stage !== '' && before.includes(stage));
    expect(repeated, moment).toEqual([]);
    expect(await leftovers(family, registry.host), moment).toEqual([]);
    const plan = await family.build(['plan', '--push'], env);
    expect(plan.stdout, moment).toContain('Nothing to do');
  }
});

/** Builds and checks that a run finished, as `build t1-base`. A push is finished only with its tags. */
function stages(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'stage-finished' && (event.stage === 'build' || event.stage === 'smoke')
      ? [`${event.stage} ${event.image}`]
      : [],
  );
}

async function runsOf(family: Workspace): Promise<readonly string[]> {
  const runs = await readdir(path.join(family.directory, '.hubwright/runs')).catch(() => []);
  return runs.toSorted();
}

/** What the run that came after `earlier` finished; nothing where it was killed before it was a run at all. */
async function finishedStages(family: Workspace, earlier: readonly string[]): Promise<readonly string[]> {
  const run = (await runsOf(family)).find((name) => !earlier.includes(name));
  if (run === undefined) return [];
  const journal = await family.read(`.hubwright/runs/${run}/events.ndjson`).catch(() => '');
  const lines = journal.split('\n').slice(0, -1);
  return stages(lines.map((line) => JSON.parse(line) as RunEvent)); // our own events
}

/** Containers, networks and tags of this family alone: other tests use the same engine. Names hold the image's. */
async function leftovers({ engine, prefix }: Workspace, registry: string): Promise<readonly string[]> {
  const signal = patience();
  const containers = valueOf(await engine.listContainers(ownerLabel, signal)).map(({ name }) => name);
  const networks = valueOf(await engine.listNetworks(ownerLabel, signal)).map(({ name }) => name);
  const volumes = valueOf(await engine.listVolumes(ownerLabel, signal));
  const tags = valueOf(await engine.images.list({}, signal)).flatMap((image) => image.tags);
  return [
    ...[...containers, ...networks, ...volumes].filter((name) => name.includes(prefix)),
    ...tags.filter((tag) => tag.startsWith(`${registry}/`) && tag.includes(':key-')),
  ];
}
