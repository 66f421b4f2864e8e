import { expect, test } from 'vitest';
import { err, ok } from '../../../src/core/result.ts';
import type { EngineError } from '../../../src/engine/engine.ts';
import { startContainer } from '../../../src/smoke/start-container.ts';

const oci = 'failed to create task for container: OCI runtime create failed: runc create failed:';
const lostChild: EngineError = {
  kind: 'failed',
  message: `${oci} waiting for init preliminary setup: read init-p: connection reset by peer: unknown`,
};
const noProgram: EngineError = {
  kind: 'failed',
  message: `${oci} exec: "/no/such": stat /no/such: no such file or directory: unknown`,
};
const gone: EngineError = { kind: 'unreachable', message: 'no engine' };

test.each([
  ['the runtime failed once', [lostChild], 2, true],
  ['the runtime fails for good', [lostChild, lostChild], 2, false],
  ['the image is wrong', [noProgram], 1, false],
  ['the engine is gone', [gone], 1, false],
] as const)('a start where %s', async (_what, errors, starts, works) => {
  let asked = 0;
  const startOnce = async () => {
    const error = errors[asked];
    asked += 1;
    return error === undefined ? ok(undefined) : err(error);
  };
  const started = await startContainer({ startContainer: startOnce }, 'id', new AbortController().signal);
  expect([asked, started.ok]).toEqual([starts, works]);
});
