/** The story of an image on a real engine: after an edit of its parent, and in a second checkout. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

/** What is printed, without what differs from run to run. */
function plain(text: string, { prefix }: Workspace): string {
  return text
    .replaceAll(prefix, '')
    .replace(/\b[0-9a-f]{64}\b/g, '<key>')
    .replace(/\b[0-9a-f]{12}\b/g, '<short>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC \(just now\), in [\d.]+s/, '<just now>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC \(just now\); contract \d+/, '<just now>; contract <version>');
}

test('an edit of the parent is the first cause; a checkout that did not build it says so, with the keys', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'course']),
    'base/Dockerfile': trivial,
    'base/file': 'one',
    'course/Dockerfile': 'FROM {p}base\nCMD ["true"]\n',
  });
  const built = await family.build(['images']);
  expect(built.exitCode, built.stderr).toBe(0);
  const idle = await family.build(['explain', '{p}course']);
  expect(plain(idle.stdout, family))
    .toBe(`course is up to date: nothing that it is made of has changed since it passed.

  key           <key>
  stands on     base
  from outside  rig.example/root:1 (diffid:sha256:<short>)
  stands on it  nothing
  last build    <just now>
  last test     passed <just now>; contract <version>, custom, gate`);

  await family.write('base/file', 'two');
  await family.write('base/Dockerfile', trivial.replace('/data/', '/data2/'));
  const story = await family.build(['explain', '{p}course']);
  expect(plain(story.stdout, family).split('\n').slice(0, 11)).toEqual([
    'course would be built again.',
    '',
    '  course: base changed, and it stands on that',
    '  base: base/Dockerfile:2 changed',
    '      was COPY . /data/',
    '      now COPY . /data2/',
    '  base: base/file edited',
    '      was sha256:<short>',
    '      now sha256:<short>',
    '',
    '  key           <key>',
  ]);

  await rm(path.join(family.directory, '.hubwright'), { recursive: true });
  const elsewhere = await family.build(['explain', '{p}course', '--json']);
  const [{ action, chain }] = JSON.parse(elsewhere.stdout).images;
  expect([action, chain[0].reasons.map(({ text }: { text: string }) => plain(text, family))]).toEqual([
    'build',
    ['not built from here; what the engine has of that name is other content (key <short>, not <short>)'],
  ]);
});

const lock = (numpy: string, more = ''): string =>
  `numpy==${numpy} \\\n    --hash=sha256:${'a'.repeat(64)}\nsix==1.16.0\n${more}`;

test('an edited lock is told by its packages, where git knows the text that was built', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'course']),
    'base/Dockerfile': trivial,
    'base/requirements.lock': lock('2.1.0'),
    'course/Dockerfile': 'FROM {p}base\nCMD ["true"]\n',
  });
  const git = async (...args: readonly string[]) =>
    await execa('git', ['-c', 'user.name=rig', '-c', 'user.email=rig@rig.example', ...args], {
      cwd: family.directory,
    });
  await git('init', '-q');
  await git('add', 'base');
  await git('commit', '-qm', 'one');
  const built = await family.build(['images']);
  expect(built.exitCode, built.stderr).toBe(0);
  const plan = async (): Promise<string> => plain((await family.build(['plan'])).stdout, family);

  await family.write('base/requirements.lock', lock('2.2.1', 'attrs==25.1.0\n'));
  await git('commit', '-qam', 'two');
  const told = 'base/requirements.lock edited: attrs none → 25.1.0, numpy 2.1.0 → 2.2.1';
  expect(await plan()).toMatch(new RegExp(`base +build +${told}\\n.*course +build +base changed: ${told}`));
  const story = await family.build(['explain', '{p}course']);
  expect(plain(story.stdout, family).split('\n').slice(2, 5)).toEqual([
    '  course: base changed, and it stands on that',
    `  base: ${told}`,
    '',
  ]);

  await family.write('base/requirements.lock', `# by hand\n${lock('2.1.0')}`);
  expect(await plan()).toContain('base/requirements.lock edited, no version in it');

  // A text that was never committed is known to nobody.
  await family.write('base/requirements.lock', lock('2.3.0'));
  const again = await family.build(['images']);
  expect(again.exitCode, again.stderr).toBe(0);
  await family.write('base/requirements.lock', lock('2.3.1'));
  expect(await plan()).toMatch(/base +build +base\/requirements.lock edited\n/);
});
