import { expect, test } from 'vitest';
import type { BuildFailure } from '../../../src/engine/engine.ts';
import { buildFailure } from '../../../src/run/failure.ts';

const evidence = {
  dockerfile: 'images/hub/Dockerfile',
  dockerfileText: 'FROM debian\nRUN apt-get update\nCOPY conf.py /srv/\nCOPY --from=build /app /app\n',
  context: 'images/hub',
  tail: [],
  log: 'hub.log',
};

function messageOf(failure: BuildFailure): string | undefined {
  const result = buildFailure(failure, evidence);
  return result.kind === 'failed' ? result.failure.message : undefined;
}

const step = { kind: 'step-failed', stepName: 'RUN apt-get update', line: 2 } as const;

test('a step that ran and failed is told with its exit code and its place', () => {
  const message = 'process "/bin/sh -c apt-get update" did not complete successfully: exit code: 100';
  expect(messageOf({ ...step, message, exitCode: 100 })).toBe(
    'a step ended with exit code 100 (images/hub/Dockerfile:2)',
  );
});

test('a step that the engine could not even start is told in the engine’s words, for nothing was printed', () => {
  const message = 'failed to create endpoint x on network bridge: no such device\nmore';
  expect(messageOf({ ...step, message, exitCode: undefined })).toBe(
    'a step failed: failed to create endpoint x on network bridge: no such device (images/hub/Dockerfile:2)',
  );
});

test('a step that was killed says what that means as a rule', () => {
  const message = 'process "/bin/sh -c apt-get update" did not complete successfully: exit code: 137';
  expect(messageOf({ ...step, message, exitCode: 137 })).toBe(
    'a step ended with exit code 137, killed: as a rule it asked for more memory than there is (images/hub/Dockerfile:2)',
  );
});

test.each([
  ['a step', { ...step, message: 'process "x" did not complete successfully: exit code: 1', exitCode: 1 }],
  [
    'the engine',
    { kind: 'not-solvable', message: 'write /var/lib/x: no space left on device', line: undefined },
  ],
  [
    'the engine, loading',
    { kind: 'engine', error: { kind: 'failed', message: 'x: no space left on device' } },
  ],
] as const)('a full disk that %s tells of is trouble outside', (_who, failure) => {
  const tail = ['head: write error: No space left on device'];
  const result = buildFailure(failure, { ...evidence, tail: failure.kind === 'step-failed' ? tail : [] });
  expect(result).toMatchObject({ failure: { blame: 'environment' } });
  expect(result.kind === 'failed' && result.failure.message).toMatch(
    /^the engine's disk is full: .*no space left/i,
  );
});

test('a file that cannot be copied is told with where it was looked for', () => {
  const copied = (path: string, line: number) =>
    buildFailure({ kind: 'not-solvable', message: `"/${path}": not found`, line }, evidence);
  expect(copied('conf.py', 3)).toMatchObject({
    failure: {
      message: '`conf.py` is not in the build context `images/hub` (images/hub/Dockerfile:3)',
      diagnostic: {
        message: '`conf.py` is not in the build context `images/hub`',
        help: 'put it there, correct the path, or take it out of .dockerignore: what COPY names is relative to `images/hub`',
      },
    },
  });
  const gone = { kind: 'not-solvable', message: 'lstat /app: no such file or directory', line: 4 } as const;
  expect(buildFailure(gone, evidence)).toEqual(copied('app', 4));
  expect(copied('app', 4)).toMatchObject({
    failure: {
      message: '`/app` is not in what is copied from (images/hub/Dockerfile:4)',
      diagnostic: { help: 'correct the path, or let that image or stage have it' },
    },
  });
});
