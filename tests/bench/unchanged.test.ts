/** `build images --changed` where nothing has changed, beside its peers on families of as many images. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { familyEnvironment, realImages, repository } from '../rig/family.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { familyBake } from './family-bake.ts';
import { compare } from './side-by-side.ts';

const names = ['base', 'scientific', 'course', 'hub', 'proxy', 'db', 'registry'];
const rounds = 15;

async function nothingToDo(): Promise<void> {
  const args = ['images', ...names, '--changed'];
  const env = familyEnvironment();
  const { stderr } = await execa(path.join(repository, 'build'), args, { env, extendEnv: false });
  expect(stderr).toContain('Nothing to do');
}

test('nothing changed, beside docker buildx bake', { timeout: 1_800_000 }, async () => {
  await realImages(names);
  const engine = connectDocker();
  await using bake = await familyBake(engine, repository, names, 'built');
  const { ours, theirs, ratio } = await compare(rounds, nothingToDo, () => bake.run([]));
  const time = median(ours);
  const met = time <= 250 && ratio <= 0.5;
  tabled({
    what: 'nothing changed, the reference family, whole process',
    measured: `${seconds(time)} (${seconds(Math.min(...ours))} the quickest of ${rounds}) for ${bake.count} images; bake ${seconds(median(theirs))}; ratio ${ratio.toFixed(2)}`,
    limit: '≤ 0.25 s, ≤ 0.5 × bake',
    met,
  });
  await engine.close();
  expect(ratio).toBeLessThanOrEqual(0.5);
  expect(time).toBeLessThanOrEqual(250);
});

/** chartpress, in an environment of its own. */
async function installChartpress(folder: string): Promise<string> {
  await execa('python3', ['-m', 'venv', folder]);
  await execa(path.join(folder, 'bin/pip'), ['install', '--quiet', 'chartpress==2.4.*']);
  return path.join(folder, 'bin/chartpress');
}

/** A repository with a chart and as many images, each with the folder of one of ours; every image is built already. */
async function chartpressRepository(folder: string, chartpress: string, contexts: readonly string[]) {
  const images = contexts.map((context, index) => {
    const lines = [
      `imageName: bench-chartpress-${index}`,
      `contextPath: images/image${index}`,
      // Without one, an image is not listed.
      `valuesPath: image${index}`,
    ];
    return { context, yaml: `      image${index}:\n${lines.map((line) => `        ${line}\n`).join('')}` };
  });
  for (const [index, { context }] of images.entries()) {
    await cp(path.join(repository, context), path.join(folder, `images/image${index}`), { recursive: true });
  }
  await mkdir(path.join(folder, 'chart'), { recursive: true });
  await writeFile(path.join(folder, 'chart/Chart.yaml'), 'apiVersion: v2\nname: chart\nversion: 0.0.1\n');
  const values = images.map((_, index) => `image${index}: { repository: none, tag: none }\n`);
  await writeFile(path.join(folder, 'chart/values.yaml'), values.join(''));
  const list = images.map(({ yaml }) => yaml).join('');
  await writeFile(path.join(folder, 'chartpress.yaml'), `charts:\n  - name: chart\n    images:\n${list}`);
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org'];
  await execa('git', ['init', '--quiet'], { cwd: folder });
  await execa('git', ['add', '.'], { cwd: folder });
  await execa('git', [...who, 'commit', '--quiet', '-m', 'all'], { cwd: folder });
  const { stdout } = await execa(chartpress, ['--list-images'], { cwd: folder });
  return stdout.split('\n').filter((line) => line.startsWith('bench-chartpress-'));
}

test('nothing changed, beside chartpress', { timeout: 1_800_000 }, async () => {
  const built = [...(await realImages(names)).entries()];
  const engine = connectDocker();
  await using folder = await temporaryFolder();
  const chartpress = await installChartpress(path.join(folder.path, 'venv'));
  const work = path.join(folder.path, 'work');
  await mkdir(work);
  const contexts = built.map(([name]) => `images/${name.startsWith('course-') ? 'course' : name}`);
  const tags = await chartpressRepository(work, chartpress, contexts);
  expect(tags).toHaveLength(built.length);
  for (const [index, tag] of tags.entries())
    valueOf(await engine.images.tag(built[index]?.[1] ?? '', tag, patience()));
  try {
    const { ours, theirs, ratio } = await compare(rounds, nothingToDo, async () => {
      const { stdout, stderr } = await execa(chartpress, { cwd: work });
      expect(`${stdout}${stderr}`.match(/already exists/g)).toHaveLength(built.length);
    });
    tabled({
      what: 'nothing changed, as many images as chartpress 2.4 has',
      measured: `${seconds(median(ours))}; chartpress ${seconds(median(theirs))}; ratio ${ratio.toFixed(2)} (${built.length} images)`,
      limit: '≤ 1.0 × chartpress',
      met: ratio <= 1,
    });
    expect(ratio).toBeLessThanOrEqual(1);
  } finally {
    for (const tag of tags) await engine.images.remove(tag, patience());
    await engine.close();
  }
});
