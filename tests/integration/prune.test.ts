import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { patience, valueOf } from '../rig/engine.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

/** The record tags of this workspace, each once for each image: `course key`. */
async function records({ engine, prefix }: Workspace): Promise<readonly string[]> {
  const tags = valueOf(await engine.images.list({}, patience())).flatMap((image) => image.tags);
  return tags
    .flatMap((tag) => {
      const [, image, kind] = /^hubwright\/(.+):(key|pass)-/.exec(tag) ?? [];
      return image?.startsWith(prefix) === true ? [`${image.slice(prefix.length)} ${kind}`] : [];
    })
    .toSorted();
}

test('old records go, first shown, then removed; what is current stays and is found', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'course']),
    'base/Dockerfile': trivial,
    'course/Dockerfile': 'FROM {p}base\nCOPY . /data/\nCMD ["true"]\n',
    'course/file': 'first',
  });
  expect((await family.build(['images'])).exitCode).toBe(0);
  await family.write('course/file', 'second');
  expect((await family.build(['images', '--changed'])).exitCode).toBe(0);
  const all = ['base key', 'base pass', 'course key', 'course key', 'course pass', 'course pass'];
  expect(await records(family)).toEqual(all);

  expect((await family.build(['prune', '--local', '--yes'])).stdout).toBe('nothing has expired');
  const shown = await family.build(['prune', '--local', '--older-than', '1ms']);
  expect(shown.exitCode, shown.stderr).toBe(0);
  expect(shown.stdout).toMatch(/^hubwright\/\S+course:key-[0-9a-f]{12}… .* 0 days old, superseded$/m);
  expect(shown.stdout).toContain('would remove 2 records and 2 runs; `--yes` does');
  expect(await records(family)).toEqual(all);

  const removed = await family.build(['prune', '--local', '--older-than', '1ms', '--yes']);
  expect(removed.stdout).toContain('removed 2 records and 2 runs');
  expect(await records(family)).toEqual(['base key', 'base pass', 'course key', 'course pass']);
  expect(await readdir(path.join(family.directory, '.hubwright/runs'))).toEqual([]);
  const again = await family.events(['--changed']);
  expect(again.events.at(-1)).toMatchObject({ counts: { reused: 2, done: 0 } });

  await family.write('matrix.yaml', matrixOf(['base']));
  await family.build(['prune', '--local', '--older-than', '1ms', '--yes']);
  expect(await records(family)).toEqual(['base key', 'base pass']);
  // Nor is anything remembered of it.
  const remembered = (await readdir(path.join(family.directory, '.hubwright/record'))).toSorted();
  expect(remembered).toEqual([`${family.prefix}base`, `${family.prefix}base.json`]);
  expect((await family.build(['prune', '--local', '--older-than', '1ms', '--yes'])).stdout).toBe(
    'nothing has expired',
  );
});

test('what to prune has to be said', async () => {
  await using family = await workspace({ 'matrix.yaml': matrixOf(['base']), 'base/Dockerfile': trivial });
  const run = await family.build(['prune']);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('there is no registry to prune');
});
