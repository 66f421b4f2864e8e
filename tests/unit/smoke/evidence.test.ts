import { describe, expect, it } from 'vitest';
import { excerpt, printable, tailLines } from '../../../src/smoke/evidence.ts';

describe('what a container said', () => {
  it('loses colours, and shows every other control character instead of obeying it', () => {
    expect(printable('\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u202eabc')).toBe(
      'red \\x1b]0;title\\x07 \\u{202e}abc',
    );
  });

  it("loses what a shell's line editor tells the terminal", () => {
    expect(excerpt('echo a\r\n\u001b[?2004hjovyan:~$ echo a\r\r\n\u001b[?2004l\ra')).toBe(
      'echo a jovyan:~$ echo a \\x0da',
    );
  });

  it('is bounded on one line', () => {
    expect(excerpt(`a\n  b\t${'c'.repeat(50)}`, 10)).toBe('a b cccccc…');
  });

  it('keeps the last lines, each bounded, blank ones left out', () => {
    const log = ['first', '', 'second\r', ' ', `third ${'x'.repeat(1000)}`, ''].join('\n');
    const tail = tailLines(log, 2);
    expect(tail[0]).toBe('second');
    expect(tail[1]).toHaveLength(501);
  });
});
