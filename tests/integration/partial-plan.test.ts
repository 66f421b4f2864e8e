/** A plan where something cannot be asked: what can be known is shown, and the trouble is told with exit code 3. */
import { expect, test } from 'vitest';
import { freePort } from '../rig/free-port.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, trivial, workspace } from '../rig/workspace.ts';

const timeout = 60_000;

test('a registry that wants a login leaves what this machine knows', { timeout }, async () => {
  await using registry = await startRegistry('htpasswd');
  await using folder = await workspace({
    'matrix.yaml': matrixOf(['base', 'course'], `registry: ${registry.host}/hub\n`),
    'base/Dockerfile': trivial,
    'course/Dockerfile': 'FROM {p}base\nCOPY . /course/\n',
  });
  const built = await folder.build(['images', '{p}base', '--force']);
  expect(built.exitCode, built.stderr).toBe(0);

  const { exitCode, stdout, stderr } = await folder.build(['plan', '--push']);
  expect(exitCode).toBe(3);
  expect(stdout).toBe(`${folder.prefix}base       reuse
└─ ${folder.prefix}course  build   never built

1 image with something to do, 1 unchanged.`);
  expect(stderr).toContain('no login is known for it');
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain('so the plan goes by what this machine has');

  // A program would take a part for the whole.
  const json = await folder.build(['plan', '--format', 'json']);
  expect({ exitCode: json.exitCode, stdout: json.stdout }).toEqual({ exitCode: 3, stdout: '' });
});

test('a root that is not found leaves the images that stand on others', { timeout }, async () => {
  const host = `127.0.0.1:${await freePort()}`;
  await using folder = await workspace({
    'matrix.yaml': matrixOf(['base', 'spark', 'lab']),
    'base/Dockerfile': trivial,
    'spark/Dockerfile': `FROM ${host}/spark:3\n`,
    'lab/Dockerfile': 'FROM {p}spark\nCOPY --from={p}base /data /data\n',
  });
  const { exitCode, stdout, stderr } = await folder.build(['plan']);
  expect(exitCode).toBe(3);
  const at = folder.prefix;
  expect(stdout).toBe(`${at}base    build   never built
${at}spark   unknown root ${host}/spark:3 can’t be found
└─ ${at}lab  unknown root ${host}/spark:3 can’t be found

Known in part: 1 image with something to do, 0 unchanged, 2 unknown.`);
  expect(stderr).toContain(`the root \`${host}/spark:3\` can't be found`);
  // A run has to know all that it builds.
  const run = await folder.build(['images', '--changed', '--dry-run']);
  expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode: 3, stdout: '' });
});
