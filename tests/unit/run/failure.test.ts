import { expect, test } from 'vitest';
import type { BuildFailure } from '../../../src/engine/engine.ts';
import { buildFailure } from '../../../src/run/failure.ts';

const evidence = {
  dockerfile: 'images/hub/Dockerfile',
  dockerfileText: 'FROM debian\nRUN apt-get update\n',
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
