import { expect, test } from 'vitest';
import { lastPullWords } from '../../../src/smoke/contract/singleuser/s25-gitpuller.ts';

const events = [
  { output: '$ git clone --branch main -- /tmp/x.git /course\n', phase: 'syncing' },
  { output: "fatal: could not create work tree dir '/course': Permission denied\n", phase: 'syncing' },
  {
    phase: 'error',
    message: 'Clone error detected',
    output: 'Traceback (most recent call last):\nFile "x.py"',
  },
];
const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');

test("of a pull that failed git's own words are told", () => {
  expect(lastPullWords(stream)).toBe("fatal: could not create work tree dir '/course': Permission denied");
});

test('else the end of what was said', () => {
  expect(lastPullWords('data: {"phase": "finished"}\n')).toContain('finished');
  expect(lastPullWords('<html>Not found</html>')).toContain('Not found');
  expect(lastPullWords('data: {broken}\n')).toContain('broken');
});
