/** What work beside any run, such as a look into an image or a Python lock, leaves in the engine when it is killed. */
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { ownerLabel } from '../../src/core/labels.ts';
import { NotedWork, runsFolder, sweepAbandonedRuns } from '../../src/run/abandoned-runs.ts';
import { engineRig, patience, valueOf } from '../rig/engine.ts';
import { repository } from '../rig/family.ts';

test('the next run removes what killed work left, and nothing of work that lives', async () => {
  await using rig = await engineRig('classic');
  const directory = await mkdtemp(path.join(tmpdir(), 'hubwright-noted-'));
  try {
    using living = new NotedWork(directory);
    const made = async (owner: string): Promise<string> => {
      const labels = { ...rig.labels, [ownerLabel]: owner };
      const spec = { image: rig.root, cmd: ['none'], env: {}, labels, mounts: [] };
      return valueOf(await rig.engine.createContainer(spec, patience()));
    };
    const script = `
      import { NotedWork } from '${repository}/src/run/abandoned-runs.ts';
      process.stdout.write(new NotedWork(process.argv[1]).id, () => process.kill(process.pid, 'SIGKILL'));
    `;
    const killed = await execa(process.execPath, ['--input-type=module', '--eval', script, directory], {
      reject: false,
    });
    expect(killed.signal).toBe('SIGKILL');
    const [kept, left] = [await made(living.id), await made(killed.stdout)];
    expect(await sweepAbandonedRuns(rig.engine, path.join(directory, runsFolder), patience())).toBe(1);
    const ids = valueOf(await rig.engine.listContainers(ownerLabel, patience())).map(({ id }) => id);
    expect(ids).toContain(kept);
    expect(ids).not.toContain(left);
    valueOf(await rig.engine.removeContainer(kept, patience()));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('git follows nothing of what runs keep, whatever the repository’s own .gitignore says', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'hubwright-noted-'));
  await execa('git', ['init', '--quiet'], { cwd: directory });
  using _work = new NotedWork(directory);
  const { stdout } = await execa('git', ['status', '--porcelain', '--untracked-files=all'], {
    cwd: directory,
  });
  expect(stdout).toBe('');
  await rm(directory, { recursive: true, force: true });
});

test('work that ends in order leaves no note', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'hubwright-noted-'));
  {
    using work = new NotedWork(directory);
    expect(await readdir(path.join(directory, runsFolder))).toEqual([work.id]);
  }
  expect(await readdir(path.join(directory, runsFolder))).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});
