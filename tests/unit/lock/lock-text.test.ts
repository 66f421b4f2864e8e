import { expect, test } from 'vitest';
import { updateLockText } from '../../../src/lock/lock-text.ts';

const nothing = { roots: {}, git: {}, epochs: {} };

test('an empty lock gets a header and the entries in the alphabet’s order', () => {
  expect(updateLockText('', { ...nothing, epochs: { hub: '2026-11-20', base: '2026-11-20' } })).toBe(
    '# Written by `build lock`; committed. What is not in here is open: each run takes what it finds.\n\nepochs:\n  base: 2026-11-20\n  hub: 2026-11-20\n',
  );
});

test('comments and entries that are there stay, one line an entry', () => {
  const text = '# ours\nepochs:\n  base: 2026-01-01 # kept\n  proxy: 2026-01-01\n';
  expect(updateLockText(text, { ...nothing, epochs: { hub: '2026-11-20' } })).toBe(
    '# ours\nepochs:\n  base: 2026-01-01 # kept\n  hub: 2026-11-20\n  proxy: 2026-01-01\n',
  );
});

test('the same entries again change nothing, and nothing to add leaves the text as it is', () => {
  const entries = {
    roots: { debian: `sha256:${'a'.repeat(64)}` },
    git: { 'https://example.org/x#main': 'b'.repeat(40) },
    epochs: {},
  };
  const once = updateLockText('# only a comment\n', entries);
  expect(updateLockText(once, entries)).toBe(once);
  expect(updateLockText(once, nothing)).toBe(once);
  expect(once.startsWith('# only a comment\n')).toBe(true);
});
