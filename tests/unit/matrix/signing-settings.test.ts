/** `sign` and `trust` in matrix.yaml: what they come to, and what is told of mistakes in them. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

const images = 'images:\n  a: { context: a, kind: custom }\n';
const files = (text: string) => ({ 'matrix.yaml': text + images, 'a/Dockerfile': '' });

describe('sign and trust', () => {
  test('name files from the folder of the file, and addresses of services as they are', async () => {
    const set = await loadFiles(
      files('sign: { key: gcpkms://projects/p/key }\ntrust: [{ key: keys/a.pub }, { key: /etc/b.pub }]\n'),
    );
    expect(set.sign).toMatchObject({
      kind: 'key',
      key: { kind: 'service', address: 'gcpkms://projects/p/key', shown: 'gcpkms://projects/p/key' },
    });
    expect(set.trust).toMatchObject([
      { kind: 'key', key: { address: path.join(set.directory, 'keys/a.pub'), shown: 'keys/a.pub' } },
      { kind: 'key', key: { address: '/etc/b.pub', shown: '/etc/b.pub' } },
    ]);
  });

  test('an empty key of the environment signs nothing: whoever has none builds all the same', async () => {
    const text = 'sign: { key: "${SIGN_KEY:-}" }\ntrust: [{ key: a.pub }]\n';
    expect((await loadFiles(files(text))).sign).toBeUndefined();
    expect((await loadFiles(files(text), { SIGN_KEY: 'k.key' })).sign).toMatchObject({
      key: { shown: 'k.key' },
    });
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

  test('without a key: the public services, and their root, unless others are named', async () => {
    const set = await loadFiles(
      files('sign: { keyless: {} }\ntrust: [{ identity: me@example.org, issuerRegexp: "https://.*" }]\n'),
    );
    expect(set.sign).toMatchObject({
      kind: 'keyless',
      fulcio: 'https://fulcio.sigstore.dev',
      rekor: 'https://rekor.sigstore.dev',
      timestamps: undefined,
      audience: 'sigstore',
      root: { kind: 'public' },
    });
    expect(set.trust).toMatchObject([
      {
        kind: 'identity',
        identity: { kind: 'exact', text: 'me@example.org' },
        issuer: { kind: 'pattern', text: 'https://.*' },
        root: { kind: 'public' },
      },
    ]);
    const own = await loadFiles(
      files(
        'sign: { keyless: { fulcio: "https://f.example.org/", timestamps: "https://t.example.org", root: { ca: ca.pem, timestamps: tsa.pem } } }\ntrust: [{ key: a.pub }]\n',
      ),
    );
    expect(own.sign).toMatchObject({
      fulcio: 'https://f.example.org',
      rekor: undefined,
      root: { kind: 'parts', ca: { path: path.join(own.directory, 'ca.pem') }, rekor: undefined },
    });
  });

  test('a token goes to nobody over plain HTTP, and a certificate of minutes needs a root and a time', async () => {
    expect(
      await tell(
        files(
          'sign: { keyless: { fulcio: "http://f.example.org", rekor: ftp://r } }\ntrust: [{ key: a.pub }]\n',
        ),
      ),
    ).toEqual([
      'matrix.yaml:1:28 «"http://f.example.org"» invalid-address: `http://f.example.org` cannot be asked (help: identity tokens are sent over HTTPS alone; plain HTTP is for this machine)',
      'matrix.yaml:1:59 «ftp://r» invalid-address: `ftp://r` cannot be asked (help: an address begins with `https://`)',
    ]);
    expect(
      await tell(files('sign: { keyless: { fulcio: "https://f.example.org" } }\ntrust: [{ key: a.pub }]\n')),
    ).toEqual([
      'matrix.yaml:1:9 «keyless» root-missing: `fulcio` is not the public one, and `root` does not say whose certificates count (help: name them: `root: trusted_root.json`, or `root: { ca: ca.pem, timestamps: tsa.pem }`)',
      'matrix.yaml:1:9 «keyless» time-missing: nobody says when something was signed, and the certificates are good for minutes only (help: name a timestamp authority under `timestamps`, or a log under `rekor`)',
    ]);
  });

  test.each([
    ['sign: { key: a.key, keyless: {} }', 'invalid-sign: `sign` names a key and `keyless`'],
    ['sign: {}', 'invalid-sign: `sign` names neither a key nor `keyless`'],
    ['trust: [{}]', 'invalid-trust: this names nobody'],
    ['trust: [{ key: a.pub, identity: a, issuer: b }]', 'invalid-trust: this names a key and an identity'],
    ['trust: [{ identity: a }]', 'invalid-identity: an identity without its `issuer`'],
    ['trust: [{ issuer: a }]', 'invalid-identity: an `issuer` without an `identity`'],
    ['trust: [{ identity: a, identityRegexp: a, issuer: b }]', 'invalid-identity: both `identity` and'],
    ['trust: [{ identityRegexp: "(", issuer: b }]', 'invalid-identity: `(` is no regular expression'],
    ['trust: [{ identity: "${WHO:-}", issuer: b }]', 'invalid-identity: `identity` is empty'],
    ['trust: [{ identity: a, issuer: b, root: "" }]', 'empty-path: this names no file'],
    [
      'trust: [{ identity: a, issuer: b }, { identity: a, issuer: b }]',
      'duplicate-value: `a` is trusted twice',
    ],
  ])('%s is told', async (text, message) => {
    const told = await tell(files(`${text}\n`));
    expect(told.join('\n')).toContain(message);
  });
});
