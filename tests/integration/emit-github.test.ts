/** `build emit github` in a repository of one's own. */
import { expect, test } from 'vitest';
import { build } from '../rig/command.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const files = {
  'matrix.yaml': 'images:\n  a: { context: a, kind: custom }\n',
  'a/Dockerfile': 'FROM scratch\n',
};

test('a workflow that calls what the repository does not have is told', async () => {
  await using folder = await temporaryFolder(files);
  const missing = await build(folder.path, ['emit', 'github', '--write']);
  expect(missing.stderr).toContain(
    'warning[no-launcher]: the workflow calls `./build`, which this repository does not have',
  );
  expect(missing.exitCode).toBe(0);
  const elsewhere = await build(folder.path, ['emit', 'github', '--command', 'a/Dockerfile', '--write']);
  expect(elsewhere.stderr).toBe('');
  const onPath = await build(folder.path, ['emit', 'github', '--command', 'hubwright', '--write']);
  expect(onPath.stderr).toBe('');
});
