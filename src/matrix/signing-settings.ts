/**
 * What matrix.yaml says about signatures: `sign` and `trust`. Text alone: whether a key file is there and what it holds
 * is asked by the attest room.
 */
import { resolve } from 'node:path';
import type { Check } from './check.ts';
import type { KeySource, SignSettings, TrustEntry } from './signers.ts';
import { readIdentity, readKeyless } from './keyless-settings.ts';
import { folderOf } from './repository-path.ts';
import type { MatrixFile } from './schema.ts';
import { environmentText } from './settings.ts';
import { usageError, usageWarning } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** Where cosign finds keys that no file holds. */
const keyServices = ['awskms', 'azurekms', 'gcpkms', 'hashivault', 'k8s'] as const;

/** With what is signed; undefined where nothing is, as with an empty key (`"${COSIGN_KEY:-}"`). */
export function readSignSettings(
  check: Check,
  content: MatrixFile,
  directory: string,
): SignSettings | undefined {
  const { sign } = content;
  if (sign === undefined) return undefined;
  const settings = readSigner(check, sign, directory);
  if (settings === undefined || (content.trust ?? []).length > 0) return settings;
  const message = '`sign` without `trust`: nobody asks whether what is found in the registry is signed';
  const help =
    settings.kind === 'key'
      ? 'name the public key under `trust` as well: `trust: [{ key: cosign.pub }]`'
      : 'name who signs under `trust` as well: `trust: [{ identity: …, issuer: … }]`';
  check.findings.add(usageWarning('trust-missing', message, check.source.keySpan(['sign']), { help }));
  return settings;
}

function readSigner(
  check: Check,
  sign: NonNullable<MatrixFile['sign']>,
  directory: string,
): SignSettings | undefined {
  if ((sign.key === undefined) === (sign.keyless === undefined)) {
    const message =
      sign.key === undefined
        ? '`sign` names neither a key nor `keyless`'
        : '`sign` names a key and `keyless`';
    const help = '`sign: { key: cosign.key }`, or `sign: { keyless: {} }`';
    check.findings.add(usageError('invalid-sign', message, check.source.keySpan(['sign']), { help }));
    return undefined;
  }
  if (sign.keyless !== undefined) return readKeyless(check, sign.keyless, directory);
  const path = ['sign', 'key'];
  const key = readKey(check, path, sign.key ?? '', directory);
  return key === undefined ? undefined : { kind: 'key', key, span: check.source.valueSpan(path) };
}

/** Whose signatures count; none: whoever may write to the registry is believed. */
export function readTrust(check: Check, content: MatrixFile, directory: string): readonly TrustEntry[] {
  const first = new Map<string, number>();
  return (content.trust ?? []).flatMap((entry, index): readonly TrustEntry[] => {
    const read = readEntry(check, entry, index, directory);
    if (read === undefined) return [];
    const [what, shown] =
      read.kind === 'key'
        ? [read.key.address, read.key.shown]
        : [JSON.stringify([read.identity, read.issuer, read.root]), read.identity.text];
    const earlier = first.get(what);
    if (earlier !== undefined) {
      const where = spanOf(check, earlier, content.trust?.[earlier]?.key !== undefined);
      const notes = [{ message: 'it was first written here', span: where }];
      const help = 'take one of them out';
      check.findings.add(
        usageError('duplicate-value', `\`${shown}\` is trusted twice`, read.span, { notes, help }),
      );
      return [];
    }
    first.set(what, index);
    return [read];
  });
}

function spanOf(check: Check, index: number, isKey: boolean) {
  return check.source.valueSpan(isKey ? ['trust', index, 'key'] : ['trust', index]);
}

function readEntry(
  check: Check,
  entry: NonNullable<MatrixFile['trust']>[number],
  index: number,
  directory: string,
): TrustEntry | undefined {
  const { key: text, ...identity } = entry;
  const isIdentity = Object.values(identity).some((value) => value !== undefined);
  if ((text === undefined) !== isIdentity) {
    const message = isIdentity ? 'this names a key and an identity' : 'this names nobody';
    const help = '`{ key: cosign.pub }`, or `{ identity: …, issuer: … }`; each is an entry of its own';
    check.findings.add(usageError('invalid-trust', message, spanOf(check, index, false), { help }));
    return undefined;
  }
  if (text === undefined) return readIdentity(check, index, entry, directory);
  const before = check.findings.errorCount;
  const span = spanOf(check, index, true);
  const key = readKey(check, ['trust', index, 'key'], text, directory);
  if (key !== undefined) return { kind: 'key', key, span };
  if (check.findings.errorCount > before) return undefined;
  // Without its only key the registry would be believed blindly, and nobody would notice.
  const help = 'name a public key, or take the entry out';
  check.findings.add(usageError('empty-key', 'this names no key', span, { help }));
  return undefined;
}

function readKey(check: Check, path: YamlPath, text: string, directory: string): KeySource | undefined {
  const filled = environmentText(check, path, text);
  if (filled === undefined || filled === '') return undefined;
  const scheme = /^([a-z0-9+.-]+):\/\//i.exec(filled)?.[1];
  if (scheme === undefined) {
    const folder = folderOf(check.source.fileOf(path));
    return { kind: 'file', address: resolve(directory, folder, filled), shown: filled };
  }
  if (keyServices.some((service) => service === scheme)) {
    return { kind: 'service', address: filled, shown: filled };
  }
  const known = keyServices.map((service) => `\`${service}://\``).join(', ');
  check.findings.add(
    usageError(
      'invalid-key',
      `\`${scheme}://\` is no service that keeps keys`,
      check.source.valueSpan(path),
      {
        help: `a key is a file's path, or an address that begins with ${known}`,
      },
    ),
  );
  return undefined;
}
