import { describe, expect, it } from 'vitest';
import { hintForEnding } from '../../../src/smoke/hints.ts';

function hint(words: string, exitCode: number | undefined = 1, outOfMemory = false): string {
  return hintForEnding({ exitCode, outOfMemory, words });
}

describe('the likely cause of an ending', () => {
  it.each([
    ['[FATAL tini (7)] exec jupyterhub-singleuser failed: No such file or directory', 'not on PATH'],
    ['exec: "/start.sh": permission denied: unknown', 'user 1000'],
    ['exec /entry.sh: exec format error', 'another processor'],
    ['sudo: The "no new privileges" flag is set', 'sudo'],
    ['chown: changing ownership of /srv: Operation not permitted', 'uid 1000'],
    ['Failed to connect to my Hub at http://hub:8081/hub/api (attempt 5/5). Is it running?', 'firewall'],
    ["ModuleNotFoundError: No module named 'jupyterhub'", 'Python package'],
    ['OSError: [Errno 28] No space left on device', 'full'],
  ])('is read from %j', (words, expected) => {
    expect(hint(words)).toContain(expected);
  });

  it('is the memory, whatever the log says, where the engine saw it run out', () => {
    expect(hint('permission denied', 137, true)).toContain('memory');
  });

  it('is read from the exit code where the log tells nothing', () => {
    expect(hint('', 127)).toContain('not on PATH');
    expect(hint('', 0)).toContain('exec "$@"');
  });
});
