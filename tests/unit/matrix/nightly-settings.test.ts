/** What nights do by themselves, as matrix.yaml says it. */
import { expect, test } from 'vitest';
import { build } from '../../rig/command.ts';
import { loadFiles, matrixFolder, tell } from '../../rig/matrix-folder.ts';

const family = (nightly: string) => ({
  'matrix.yaml': `${nightly}images: { a: { context: a, kind: custom } }\n`,
  'a/Dockerfile': 'FROM scratch\n',
});

test('Python locks move where it says so, and else not', async () => {
  expect((await loadFiles(family('nightly: { python: true }\n'))).nightly).toEqual({ python: true });
  expect((await loadFiles(family('nightly: {}\n'))).nightly).toEqual({ python: false });
  expect((await loadFiles(family(''))).nightly).toEqual({ python: false });
  expect(await tell(family('nightly: { pyhton: true }\n'))).toEqual([expect.stringContaining('`pyhton`')]);
});

test('the workflow for GitHub then commits those locks as well', async () => {
  await using folder = await matrixFolder(family('nightly: { python: true }\n'));
  const { exitCode, stdout, stderr } = await build(folder.directory, ['emit', 'github']);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('nightly --python --summary');
  expect(stdout).toContain("'*requirements.lock'");
});
