/** Which bundle of certificates is taken, and which is refused. */
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type CaBundleSources, findCaBundle } from '../../../src/setup/ca-bundle.ts';

const certificate = `${rootCertificates[0]}\n`;

describe('findCaBundle', () => {
  it('finds none where none is named', async () => {
    expect(await findCaBundle({ flag: undefined, env: { SSL_CERT_FILE: '' } })).toEqual({
      ok: true,
      value: undefined,
    });
  });

  it('prefers the flag, then our own variable, then the system’s', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'ca-'));
    const [flag, own, system] = ['flag', 'own', 'system'].map((name) => join(folder.path, name));
    for (const path of [flag, own, system]) await writeFile(path ?? '', `# ${path}\n${certificate}`);
    const env = { HUBWRIGHT_CA: own, SSL_CERT_FILE: system };
    expect(await pathOf({ flag, env })).toBe(flag);
    expect(await pathOf({ flag: undefined, env })).toBe(own);
    expect(await pathOf({ flag: undefined, env: { SSL_CERT_FILE: system } })).toBe(system);
  });

  it('hands out the very bytes of the file', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'ca-'));
    const path = join(folder.path, 'ca.pem');
    await writeFile(path, `text before\n${certificate}${certificate}`);
    const found = await findCaBundle({ flag: path, env: {} });
    expect(found).toEqual({ ok: true, value: { path, bytes: await readFile(path) } });
  });

  it.each([
    ['an absent file', undefined, 'cannot be read (ENOENT)'],
    ['a file without a certificate', 'not a certificate\n', 'no certificate in PEM'],
    [
      'a damaged certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'its first certificate is damaged',
    ],
  ])('refuses %s, and does not fall back to another', async (_name, text, why) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'ca-'));
    const path = join(folder.path, 'ca.pem');
    const good = join(folder.path, 'good.pem');
    await writeFile(good, certificate);
    if (text !== undefined) await writeFile(path, text);
    const found = await findCaBundle({ flag: undefined, env: { HUBWRIGHT_CA: path, SSL_CERT_FILE: good } });
    expect(found).toMatchObject({ ok: false, error: { code: 'unusable-ca', category: 'usage' } });
    expect(found.ok ? '' : found.error.message).toContain(why);
  });
});

async function pathOf(sources: CaBundleSources): Promise<string | undefined> {
  const found = await findCaBundle(sources);
  if (!found.ok) throw new Error(found.error.message);
  return found.value?.path;
}
