/** The same ignore files, told by our listing and by what `docker build` sends to its engine. */
import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { listContext } from '../../src/key/context-listing.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const run = promisify(execFile);
// Debian's client: another one without buildx may stand before it on the PATH.
const docker = '/usr/bin/docker';

const files = [
  'a',
  'b.txt',
  'd/a',
  'd/b.txt',
  'd/e/a',
  'd/e/c.md',
  'd/e/f/g.txt',
  'foo/a',
  'foo/bar/a',
  'xfoo/a',
  '.git/config',
  'README.md',
  'd/README.md',
  '[x]/y',
  'ä/ö.txt',
  'with blank/z',
  'barfoo',
  'd/barfoo',
];

const ignoreFiles = [
  '*.md\n!README.md\nd\n!d/a\nd',
  '**foo\n/d/e/\n**/*.txt\n!d/e/f',
  '*\n!d\nd/e/*\n!**/g.txt',
  'd/**\n!d/README.md\n# a\n a \n\n./foo/../b.txt',
  '[a-c]\n[^a]foo\n\\[x\\]\n?',
  '!d\nd\n!*/README.md\nwith blank',
  '.\n..\n/\nfoo/bar/\n!foo/bar/a\n.git',
];

async function sentByDocker(context: string, dockerfile: string): Promise<readonly string[]> {
  const tar = await run(docker, [
    'build',
    '--quiet',
    '--output',
    `type=tar,dest=${dockerfile}.tar`,
    '--file',
    dockerfile,
    context,
  ]);
  expect(tar.stderr).not.toContain('ERROR');
  const { stdout } = await run('tar', ['--list', '--quoting-style=literal', '--file', `${dockerfile}.tar`]);
  return stdout.split('\n').map((name) => name.replace(/\/$/, ''));
}

const inOrder = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name !== '' && name !== '.').toSorted((a, b) => (a < b ? -1 : 1));

test.each(ignoreFiles.map((text) => [text]))('%j', async (ignore) => {
  const contents = Object.fromEntries(files.map((file) => [`context/${file}`, file]));
  await using folder = await temporaryFolder({
    ...contents,
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    'Dockerfile.dockerignore': ignore,
  });
  const context = path.join(folder.path, 'context');
  const dockerfile = path.join(folder.path, 'Dockerfile');
  await mkdir(path.join(context, 'd/empty'));
  await symlink('/nowhere', path.join(context, 'd/link'));
  const listed = await listContext(context, dockerfile, new AbortController().signal);
  const paths = listed.ok ? listed.value.map((entry) => entry.path) : [];
  expect(paths).toEqual(inOrder(await sentByDocker(context, dockerfile)));
});
