/** Roots as files: Sigstore's own is read as it is, and what is none is told. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadTrust } from '../../../src/attest/trust.ts';
import { loadRoot } from '../../../src/attest/sigstore-root.ts';
import type { NamedFile, TrustedIdentity } from '../../../src/matrix/signers.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

test('the root of Sigstore’s public instance is read: an authority with its log, a log, a clock', async () => {
  // The client that fetches it brings one along to begin with.
  const seeds = createRequire(import.meta.url).resolve('@sigstore/tuf/seeds.json');
  const parsed = JSON.parse(await readFile(seeds, 'utf8')) as Record<
    string,
    { readonly targets: Readonly<Record<string, string>> }
  >;
  const seed = parsed['https://tuf-repo-cdn.sigstore.dev']?.targets['trusted_root.json'] ?? '';
  await using folder = await temporaryFolder({
    'trusted_root.json': Buffer.from(seed, 'base64').toString('utf8'),
  });
  const root = await loadRoot({ kind: 'file', file: named(folder.path, 'trusted_root.json') }, {});
  if (!root.ok) throw new Error(root.error.message);
  const { certificateAuthorities, ctlogs, tlogs } = root.value;
  expect([certificateAuthorities.length, ctlogs.length, tlogs.length].every((each) => each > 0)).toBe(true);
});

test('what is no root is told once, however many identities stand on it', async () => {
  await using folder = await temporaryFolder({
    'text.json': 'hello',
    'empty.json': '{}',
    'text.pem': 'hello',
  });
  const file = (name: string) => named(folder.path, name);
  const none = { timestamps: undefined, rekor: undefined, ct: undefined };
  const roots: readonly TrustedIdentity['root'][] = [
    { kind: 'file', file: file('absent.json') },
    { kind: 'file', file: file('text.json') },
    { kind: 'file', file: file('text.json') },
    { kind: 'file', file: file('empty.json') },
    { kind: 'parts', ca: file('text.pem'), ...none },
  ];
  const exact = { kind: 'exact', text: 'x' } as const;
  const entries = roots.map((root): TrustedIdentity => ({
    kind: 'identity',
    identity: exact,
    issuer: exact,
    root,
    span: undefined,
  }));
  const loaded = await loadTrust(entries, {}, new AbortController().signal);
  expect(loaded.ok ? [] : loaded.error.map(({ code, message }) => [code, message])).toEqual([
    ['unusable-root', '`absent.json` cannot be read'],
    ['unusable-root', '`text.json` is no trusted root with an authority in it'],
    ['unusable-root', '`empty.json` is no trusted root with an authority in it'],
    ['unusable-root', '`text.pem` holds no certificate'],
  ]);
});

function named(folder: string, shown: string): NamedFile {
  return { path: path.join(folder, shown), shown, span: undefined };
}
