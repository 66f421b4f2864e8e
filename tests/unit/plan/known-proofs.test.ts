/** What is kept of what was proved, and when it is not believed. */
import { generateKeyPairSync } from 'node:crypto';
import { chmod, chown, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CertifiedIdentity, Trusted } from '../../../src/attest/trusted.ts';
import { KnownProofs, openKnownProofs } from '../../../src/plan/known-proofs.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const [ours, other] = [keyOf('ours'), keyOf('other')];
const proven = { digest: 'sha256:1', key: 'k', verdictKey: 'v' };
const somebody = identity('identity a');

test.each([
  { with: 'the same key under another name', trusted: [{ ...ours, name: 'renamed' }], known: true },
  { with: 'a key more', trusted: [ours, other], known: false },
  { with: 'another key', trusted: [other], known: false },
  { with: 'an identity more', trusted: [ours, somebody], known: false },
])('what was proved counts by the word of the same people alone: $with', ({ trusted, known }) => {
  expect(new KnownProofs(trusted, textOf([ours])).has(proven)).toBe(known);
});

test('an identity under another root, or of another issuer, is somebody else', () => {
  const text = textOf([somebody]);
  expect(new KnownProofs([identity('identity a')], text).has(proven)).toBe(true);
  expect(new KnownProofs([identity('identity b')], text).has(proven)).toBe(false);
});

test('it counts for these bytes, this content and these terms, and is written down only where it is new', () => {
  const known = new KnownProofs([ours], textOf([ours]));
  expect(known.has(proven)).toBe(true);
  for (const part of ['digest', 'key', 'verdictKey'])
    expect(known.has({ ...proven, [part]: 'x' })).toBe(false);
  expect(known.text()).toBeUndefined();
});

test.each([
  ['half written', (text: string) => text.slice(0, -1)],
  ['edited', (text: string) => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
  ['of another version', (text: string) => text.replace('hubwright-proofs 1', 'hubwright-proofs 0')],
  ['empty', () => ''],
])('a text that is %s is as good as none', (_name, damage) => {
  expect(new KnownProofs([ours], damage(textOf([ours]))).has(proven)).toBe(false);
});

test('it is kept outside of the repository, and not believed where others may write it', async () => {
  await using folder = await temporaryFolder();
  const cache = path.join(folder.path, 'cache');
  const kept = openKnownProofs(cache, '/repository', [ours]);
  kept.proofs.learn(proven);
  await kept.keep();
  const again = (): boolean => openKnownProofs(cache, '/repository', [ours]).proofs.has(proven);
  expect(again()).toBe(true);
  const [name = ''] = await readdir(path.join(cache, 'proofs'));
  const file = path.join(cache, 'proofs', name);
  await chmod(file, 0o622);
  expect(again()).toBe(false);
  await chmod(file, 0o600);
  expect(again()).toBe(true);
  // Only root can give a file away.
  if (process.geteuid?.() === 0) {
    await chown(file, 12_345, 12_345);
    expect(again()).toBe(false);
  }
  const within = openKnownProofs(path.join(folder.path, 'cache'), folder.path, [ours]);
  within.proofs.learn(proven);
  await within.keep();
  expect(await readdir(path.join(cache, 'proofs'))).toEqual([name]);
});

function textOf(trusted: readonly Trusted[]): string {
  const known = new KnownProofs(trusted);
  known.learn(proven);
  return known.text() ?? '';
}

function keyOf(name: string) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kind: 'key', name, key: publicKey } as const;
}

function identity(id: string): CertifiedIdentity {
  return {
    kind: 'identity',
    name: 'somebody',
    id,
    judge: () => ({ kind: 'invalid', why: 'nobody asks' }),
    isNamedBy: () => false,
  };
}
