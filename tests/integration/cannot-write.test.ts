/** What a command says where the system lets it write nothing: no bug of ours, and no image's fault. */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { matrixOf, trivial, workspace } from '../rig/workspace.ts';

const repository = new URL('../../', import.meta.url).pathname;

test('a run that can keep no journal says where, and is no mistake of ours', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a'], ''),
    'a/Dockerfile': trivial,
    // Stands for a checkout that this user may not write to: root may always.
    '.hubwright': 'no folder',
  });
  const run = await family.build(['images']);
  expect(run.stderr).toContain('error[cannot-write]: ');
  expect(run.stderr).toContain('.hubwright/runs');
  expect(run.stderr).not.toContain('mistake in hubwright');
  expect(run.exitCode).toBe(3);
});

test('a result that does not fit on the disk is told, without a stack', async () => {
  await using folder = await temporaryFolder({
    'matrix.yaml': 'images:\n  a: { context: a, kind: custom }\n',
    'a/Dockerfile': 'FROM scratch\n',
  });
  const run = await execa('sh', ['-c', '"$0" list >/dev/full', `${repository}build`], {
    cwd: folder.path,
    reject: false,
  });
  expect(run.stderr).toMatch(/^error: the output cannot be written \(ENOSPC\)$/m);
  expect(run.stderr).not.toContain('node:fs');
  expect(run.exitCode).toBe(3);
});
