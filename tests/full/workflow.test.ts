/** The workflow for GitHub, in each of its forms, before actionlint (built from its pinned module). */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test, vi } from 'vitest';
import { build } from '../rig/command.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const rig = path.resolve(import.meta.dirname, '../rig/actionlint');

// On a new machine Go tells what it fetches, beside what actionlint says.
beforeAll(async () => {
  await execa('go', ['-C', rig, 'mod', 'download']);
});

const family = {
  'matrix.yaml': `secrets: [{ id: token, env: COURSES_TOKEN }, { id: netrc, file: netrc }]
images:
  base: { context: base, kind: custom }
  middle: { context: middle, kind: custom }
  top: { context: top, kind: custom }
`,
  'base/Dockerfile': 'FROM debian:13\n',
  'middle/Dockerfile': 'FROM base\n',
  'top/Dockerfile': 'FROM middle\n',
};

test.each([
  { form: 'one job', options: [] },
  { form: 'a job for each image', options: ['--fan-out'] },
  { form: 'new Python packages at night', options: ['--python'] },
  { form: 'a registry of its own', options: ['--registry', 'registry.example.org:5000/hub', '--fan-out'] },
  {
    form: 'other names',
    options: ['--branch', 'release/2026', '--cron', '5 1 * * 1-5', '--command', 'npx hubwright'],
  },
])('$form has no mistake that actionlint knows', async ({ options }) => {
  await using folder = await temporaryFolder(family);
  const emitted = await build(folder.path, ['emit', 'github', ...options]);
  expect(emitted.exitCode, emitted.stderr).toBe(0);
  const file = path.join(folder.path, 'images.yaml');
  await writeFile(file, `${emitted.stdout}\n`);
  const linted = await actionlint(file);
  expect(linted.all).toBe('');
  expect(linted.exitCode).toBe(0);
});

test('actionlint would find a mistake', async () => {
  await using folder = await temporaryFolder(family);
  const { stdout } = await build(folder.path, ['emit', 'github']);
  const file = path.join(folder.path, 'images.yaml');
  await writeFile(file, stdout.replace('github.event_name', 'github.event_nam'));
  expect((await actionlint(file)).all).toContain('property "event_nam" is not defined');
});

async function actionlint(
  file: string,
): Promise<{ readonly exitCode: number | undefined; readonly all: string }> {
  const { exitCode, all } = await execa(
    'go',
    [
      '-C',
      rig,
      'run',
      'github.com/rhysd/actionlint/cmd/actionlint',
      '-no-color',
      '-shellcheck=',
      '-pyflakes=',
      '--',
      file,
    ],
    { reject: false, all: true, stdin: 'ignore' },
  );
  return { exitCode, all };
}
