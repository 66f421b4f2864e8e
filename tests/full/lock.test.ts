/** `build lock` on the reference family, with the real uv and the real package index. */
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { command, familyEnvironment } from '../rig/family.ts';
import { familyCopy } from '../rig/family-copy.ts';

vi.setConfig({ testTimeout: 900_000 });

test('a lock that fits stays byte for byte; a new package is added with its hashes, and no other lock moves', async () => {
  await using copy = await familyCopy();
  const [node, ...script] = command;
  const lock = async (...args: readonly string[]): Promise<string> => {
    const run = await execa(node ?? '', [...script, 'lock', ...args], {
      cwd: copy.directory,
      env: familyEnvironment(),
      extendEnv: false,
      reject: false,
    });
    expect(run.exitCode, run.stderr).toBe(0);
    return run.stdout;
  };
  const before = await copy.read('courses/physics/requirements.lock');
  expect(await lock('course')).toContain('courses/physics/requirements.lock: unchanged');
  expect(await copy.read('courses/physics/requirements.lock')).toBe(before);

  await copy.append('courses/physics/requirements.txt', 'humanize\n');
  expect(await lock('course')).toContain('courses/physics/requirements.lock: written');
  const after = await copy.read('courses/physics/requirements.lock');
  expect(after).toMatch(/^humanize==[\d.]+ \\\n {4}--hash=sha256:[0-9a-f]{64}/m);
  for (const line of before.trimEnd().split('\n')) expect(after).toContain(line);
  const plan = await copy.plan([]);
  expect(
    plan.images
      .filter(({ action }) => action === 'build')
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['course-physics-instructor', 'course-physics-student']);
});
