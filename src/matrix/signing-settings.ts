/**
 * What matrix.yaml says about signatures: `sign` and `trust`. Text alone: whether a key file is there and what it holds
 * is asked by the attest room.
 */
import { resolve } from 'node:path';
import type { Check } from './check.ts';
import type { KeySource, SignSettings, TrustedKey } from './image-set.ts';
import { folderOf } from './repository-path.ts';
import type { MatrixFile } from './schema.ts';
import { environmentText } from './settings.ts';
import { usageError, usageWarning } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** Where cosign finds keys that no file holds. */
export const keyServices = ['awskms', 'azurekms', 'gcpkms', 'hashivault', 'k8s'] as const;

/** With what is signed; undefined where nothing is, as with an empty key (`"${COSIGN_KEY:-}"`). */
export function readSignSettings(
  check: Check,
  content: MatrixFile,
  directory: string,
): SignSettings | undefined {
  const { sign } = content;
  if (sign === undefined) return undefined;
  const path = ['sign', 'key'];
  const key = readKey(check, path, sign.key, directory);
  if (key === undefined) return undefined;
  if ((content.trust ?? []).length === 0) {
    const message = '`sign` without `trust`: nobody asks whether what is found in the registry is signed';
    const help = 'name the public key under `trust` as well: `trust: [{ key: cosign.pub }]`';
    check.findings.add(usageWarning('trust-missing', message, check.source.keySpan(['sign']), { help }));
  }
  return { key, span: check.source.valueSpan(path) };
}

/** Whose signatures count; none: whoever may write to the registry is believed. */
export function readTrust(check: Check, content: MatrixFile, directory: string): readonly TrustedKey[] {
  const first = new Map<string, number>();
  return (content.trust ?? []).flatMap(({ key: text }, index): TrustedKey[] => {
    const path = ['trust', index, 'key'];
    const before = check.findings.errorCount;
    const key = readKey(check, path, text, directory);
    if (key === undefined) {
      if (check.findings.errorCount > before) return [];
      // Without its only key the registry would be believed blindly, and nobody would notice.
      const help = 'name a public key, or take the entry out';
      const span = check.source.valueSpan(path);
      check.findings.add(usageError('empty-key', 'this names no key', span, { help }));
      return [];
    }
    const span = check.source.valueSpan(path);
    const earlier = first.get(key.address);
    if (earlier !== undefined) {
      const where = check.source.valueSpan(['trust', earlier, 'key']);
      const notes = [{ message: 'it was first written here', span: where }];
      const help = 'take one of them out';
      check.findings.add(
        usageError('duplicate-value', `\`${key.shown}\` is trusted twice`, span, { notes, help }),
      );
      return [];
    }
    first.set(key.address, index);
    return [{ key, span }];
  });
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
