/** `sign` and `trust` in matrix.yaml: what they come to, and what is told of mistakes in them. */
import { describe, expect, test } from 'vitest';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

const images = 'images:\n  a: { context: a, kind: custom }\n';
const files = (text: string) => ({ 'matrix.yaml': text + images, 'a/Dockerfile': '' });

describe('sign and trust', () => {
  test('name files from the folder of the file, and addresses of services as they are', async () => {
    const set = await loadFiles(
      files('sign: { key: gcpkms://projects/p/key }\ntrust: [{ key: keys/a.pub }, { key: /etc/b.pub }]\n'),
    );
    expect(set.sign?.key).toEqual({
      kind: 'service',
      address: 'gcpkms://projects/p/key',
      shown: 'gcpkms://projects/p/key',
    });
    expect(set.trust.map(({ key }) => [key.address.replace(set.directory, '…'), key.shown])).toEqual([
      ['…/keys/a.pub', 'keys/a.pub'],
      ['/etc/b.pub', '/etc/b.pub'],
    ]);
  });

  test('an empty key of the environment signs nothing: whoever has none builds all the same', async () => {
    const text = 'sign: { key: "${SIGN_KEY:-}" }\ntrust: [{ key: a.pub }]\n';
    expect((await loadFiles(files(text))).sign).toBeUndefined();
    expect((await loadFiles(files(text), { SIGN_KEY: 'k.key' })).sign?.key.shown).toBe('k.key');
  });

  test('an empty trusted key is an error, for with none everything is believed', async () => {
    expect(await tell(files('trust: [{ key: "${TRUSTED:-}" }]\n'))).toEqual([
      'matrix.yaml:1:16 «"${TRUSTED:-}"» empty-key: this names no key (help: name a public key, or take the entry out)',
    ]);
  });

  test('an unknown service, and a key that is trusted twice', async () => {
    expect(await tell(files('sign: { key: aws://x }\ntrust: [{ key: a.pub }, { key: ./a.pub }]\n'))).toEqual([
      "matrix.yaml:1:14 «aws://x» invalid-key: `aws://` is no service that keeps keys (help: a key is a file's path, or an address that begins with `awskms://`, `azurekms://`, `gcpkms://`, `hashivault://`, `k8s://`)",
      'matrix.yaml:2:32 «./a.pub» duplicate-value: `./a.pub` is trusted twice (note: it was first written here matrix.yaml:2:16 «a.pub») (help: take one of them out)',
    ]);
  });

  test('signing what nobody asks for is told', async () => {
    expect(await tell(files('sign: { key: a.key }\n'))).toEqual([
      'matrix.yaml:1:1 «sign» warning trust-missing: `sign` without `trust`: nobody asks whether what is found in the registry is signed (help: name the public key under `trust` as well: `trust: [{ key: cosign.pub }]`)',
    ]);
  });
});
