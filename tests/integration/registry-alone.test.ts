/** The client away from this repository: its folder, the packages that its README names, and the README's own example. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startRegistry } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const root = path.resolve(import.meta.dirname, '../..');
const packages = ['execa', 'p-limit', 'zod'];

test('its modules need each other, Node, and the packages that its README names', async () => {
  const files = (await readdir(path.join(root, 'registry'))).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(path.join(root, 'registry', file), 'utf8')));
  const imported = texts.flatMap((text) =>
    [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, name = '']) => name),
  );
  const foreign = imported.filter((name) => !name.startsWith('./') && !name.startsWith('node:'));
  expect([...new Set(foreign)].toSorted()).toEqual(packages);
  const readme = await readFile(path.join(root, 'registry/README.md'), 'utf8');
  for (const name of packages) expect(readme).toContain(`\`${name}\``);
});

test("the README's example copies an image", async () => {
  await using from = await startRegistry();
  await using to = await startRegistry();
  await using folder = await temporaryFolder();
  const digest = await putImage(quickClient(), referenceTo(`${from.host}/base:1`), [1000]);
  const readme = await readFile(path.join(root, 'registry/README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  await cp(path.join(root, 'registry'), path.join(folder.path, 'registry'), { recursive: true });
  await writeFile(path.join(folder.path, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(folder.path, 'example.ts'), example);
  await mkdir(path.join(folder.path, 'node_modules'));
  for (const name of packages)
    await symlink(path.join(root, 'node_modules', name), path.join(folder.path, 'node_modules', name));
  const run = async (source: string) =>
    execa(process.execPath, ['example.ts', source, `${to.host}/copy:1`], {
      cwd: folder.path,
      reject: false,
      extendEnv: false,
      env: { HOME: folder.path },
    });

  const copied = await run(`${from.host}/base:1`);
  expect([copied.exitCode, copied.stdout.split('\n').at(-1)], copied.stderr).toEqual([0, digest]);
  expect(copied.stdout.match(/^sent \d+ sha256:/gm)).toHaveLength(2);
  expect((await run(`${from.host}/base:2`)).stderr).toContain('the source is not there');
});
