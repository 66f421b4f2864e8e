import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { updateLockText } from '../../../src/lock/lock-text.ts';
import { readLock } from '../../../src/matrix/lock.ts';
import { repository } from '../../rig/family.ts';

const nothing = { roots: {}, mirrors: {}, git: {}, epochs: {} };
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

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

test('the same entries give the same text, whatever was locked first, and whatever form a person gave it', () => {
  const roots = { debian: { from: 'debian:trixie-slim', digest: digest('a') } };
  const mirrors = { pause: { from: 'registry.k8s.io/pause:3.10', digest: digest('b') } };
  const git = { 'https://example.org/x#main': '1'.repeat(40) };
  const epochs = { '12': '2026-11-20', base: '2026-11-20' };
  const expected = `# ours

roots:
  debian: debian:trixie-slim@${digest('a')}
mirrors:
  pause: registry.k8s.io/pause:3.10@${digest('b')}
git:
  https://example.org/x#main: ${'1'.repeat(40)}
epochs:
  12: 2026-11-20
  base: 2026-11-20
`;
  const start = '# ours\nepochs: { base: 2026-11-20, "12": 2026-11-20 }\n';
  const bySteps = [
    { ...nothing, git },
    { ...nothing, mirrors },
    { ...nothing, roots },
  ].reduce((text, entries) => updateLockText(text, entries), start);
  expect(bySteps.replace('"12"', '12')).toBe(expected);
  const all = { roots, mirrors, git, epochs };
  expect(updateLockText('# ours\n', all)).toBe(expected);
  expect(updateLockText(expected, all)).toBe(expected);
  expect(updateLockText(expected, nothing)).toBe(expected);
  expect(readLock('matrix.lock', expected)).toEqual({ lock: all, diagnostics: [] });
});

test('an entry that moves keeps its line’s comment and quotes, also where a person wrote the digest alone', () => {
  const text = `roots:\n  "debian": "${digest('a')}" # as of spring\n`;
  const roots = { debian: { from: 'debian:trixie-slim', digest: digest('b') } };
  expect(updateLockText(text, { ...nothing, roots })).toBe(
    `roots:\n  "debian": "debian:trixie-slim@${digest('b')}" # as of spring\n`,
  );
});

test.each(['\t\r', '\uFEFF\n', ' '])('a lock of nothing but blanks (%j) is an empty one', (text) => {
  expect(updateLockText(text, { ...nothing, epochs: { base: '2026-01-01' } })).toContain(
    'epochs:\n  base: 2026-01-01\n',
  );
});

test('where nothing is locked nothing is written, and where nothing is left its comment is', () => {
  expect(updateLockText('', nothing)).toBe('');
  expect(updateLockText('# open\n', nothing)).toBe('# open\n');
  const wanted = { roots: new Set<string>(), mirrors: new Set<string>(), git: new Set<string>() };
  const text = '# ours\n# and yours\n\nepochs:\n  gone: 2026-01-01\n';
  const left = updateLockText(text, nothing, { ...wanted, epochs: new Set() });
  expect(left).toBe('# ours\n# and yours\n');
  expect(readLock('matrix.lock', left).diagnostics).toEqual([]);
});

test('a comment is not taken for two because of a line separator in it', () => {
  const text = '# one\u2028two\nepochs:\n  base: 2026-01-01\n';
  expect(updateLockText(text, nothing)).toBe('# one two\nepochs:\n  base: 2026-01-01\n');
});

test.each(['\u2028', '\r'])('%j in a name is a letter of it', (letter) => {
  const text = `roots:\n  ${letter}: ${digest('a')}\n  node: ${digest('b')}\n`;
  expect(readLock('matrix.lock', updateLockText(text, nothing)).lock).toEqual(
    readLock('matrix.lock', text).lock,
  );
});

test('what nobody asks for any more goes, and a section with it', () => {
  const text = `roots:\n  old: ${digest('a')}\nepochs:\n  base: 2026-01-01\n  gone: 2026-01-01\n`;
  const wanted = { roots: new Set<string>(), mirrors: new Set<string>(), git: new Set<string>() };
  expect(updateLockText(text, nothing, { ...wanted, epochs: new Set(['base']) })).toBe(
    'epochs:\n  base: 2026-01-01\n',
  );
});

test('Renovate reads each digest and commit by the expressions of docs/matrix.md', async () => {
  const roots = {
    debian: { from: 'debian:trixie-slim', digest: digest('a') },
    'quay.io/jupyter/base-notebook:2026': {
      from: 'quay.io/jupyter/base-notebook:2026',
      digest: digest('b'),
    },
  };
  const git = { 'https://example.org/x.git#main': 'c'.repeat(40) };
  const text = updateLockText('', { ...nothing, roots, git });
  const [image, commit] = await renovateExpressions();
  expect([...text.matchAll(image ?? /$^/g)].map(({ groups }) => ({ ...groups }))).toEqual([
    { depName: 'debian', currentValue: 'trixie-slim', currentDigest: digest('a') },
    { depName: 'quay.io/jupyter/base-notebook', currentValue: '2026', currentDigest: digest('b') },
  ]);
  expect([...text.matchAll(commit ?? /$^/g)].map(({ groups }) => ({ ...groups }))).toEqual([
    { depName: 'https://example.org/x.git', currentValue: 'main', currentDigest: 'c'.repeat(40) },
  ]);
});

async function renovateExpressions(): Promise<readonly RegExp[]> {
  const docs = await readFile(path.join(repository, 'docs/matrix.md'), 'utf8');
  const json: { customManagers: { matchStrings: string[] }[] } = JSON.parse(
    /```json\n(\{\n {2}"customManagers"[^`]+)```/.exec(docs)?.[1] ?? '{}',
  );
  return json.customManagers.flatMap(({ matchStrings }) => matchStrings.map((text) => new RegExp(text, 'g')));
}
