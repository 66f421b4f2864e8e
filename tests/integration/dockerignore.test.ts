/** The same ignore files, told by our listing and by what `docker build` sends to its engine. */
import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
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

/** What our listing tells and what the engine is sent; a pattern that cannot be read is a refusal by both. */
async function bothTell(tree: readonly string[], ignore: string) {
  const contents = Object.fromEntries(tree.map((file) => [`context/${file}`, file]));
  await using folder = await temporaryFolder({
    ...contents,
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    'Dockerfile.dockerignore': ignore,
  });
  const context = path.join(folder.path, 'context');
  const dockerfile = path.join(folder.path, 'Dockerfile');
  await mkdir(path.join(context, 'd/empty'), { recursive: true });
  await symlink('/nowhere', path.join(context, 'd/link'));
  const listed = await listContext(context, dockerfile, new AbortController().signal);
  const sent = await sentByDocker(context, dockerfile).then(inOrder, () => 'refused');
  return { told: listed.ok ? listed.value.map((entry) => entry.path) : 'refused', sent };
}

test.each(ignoreFiles.map((text) => [text]))('%j', async (ignore) => {
  const { told, sent } = await bothTell(files, ignore);
  expect(told).toEqual(sent);
});

const name = fc.constantFrom('a', 'b.txt', 'foo', 'x.md', 'Foo', '.env', 'ab', 'a b');
const treePath = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const piece = fc.oneof(
  name,
  fc.constantFrom(
    '*',
    '**',
    '?',
    '*.txt',
    '**.md',
    'fo*',
    '[a-c]',
    '[^a]',
    '[!a]*',
    '..',
    '.',
    '',
    '\\*',
    'a?',
  ),
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '! ', '/', './', '#', ' '),
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/', ' '),
  )
  .map(([before, parts, behind]) => `${before}${parts.join('/')}${behind}`);

/** No path is a folder on the way to another. */
function asFiles(paths: readonly string[]): readonly string[] {
  return paths.filter((each) => !paths.some((other) => other.startsWith(`${each}/`)));
}

test('generated trees and patterns', async () => {
  const cases = fc.sample(
    fc.tuple(
      fc.uniqueArray(treePath, { minLength: 4, maxLength: 16 }).map(asFiles),
      fc.array(pattern, { minLength: 1, maxLength: 6 }),
    ),
    { seed: 20_261_126, numRuns: Number(process.env['HUBWRIGHT_ROUNDS'] ?? 12) },
  );
  let kept = 0;
  for (const [tree, patterns] of cases) {
    const { told, sent } = await bothTell(tree, patterns.join('\n'));
    expect(told, JSON.stringify({ tree, patterns })).toEqual(sent);
    if (told !== 'refused' && told.length > 0) kept += 1;
  }
  expect(kept).toBeGreaterThan(3);
}, 3_600_000);
