import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CredentialSource } from '../../../registry/credentials.ts';
import { errorOfAnswer } from '../../../registry/error.ts';
import { isGoogleRegistry, withGoogleCredentials } from '../../../registry/google.ts';

const HOST = 'europe-west3-docker.pkg.dev';
const nobody: CredentialSource = async () => undefined;

interface Metadata extends AsyncDisposable {
  readonly host: string;
  readonly asked: (string | undefined)[];
}

/** The metadata server of a machine in Google's cloud, for as long as a test. */
async function startMetadata(lifetimeSeconds: number, flavor = 'Google'): Promise<Metadata> {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['metadata-flavor']?.toString());
    response.setHeader('metadata-flavor', flavor);
    response.end(JSON.stringify({ access_token: `token-${asked.length}`, expires_in: lifetimeSeconds }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  return {
    host: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

test('its registries are known by their hosts, and no others', () => {
  for (const host of ['gcr.io', 'eu.gcr.io', HOST, 'us-docker.pkg.dev'])
    expect(isGoogleRegistry(host), host).toBe(true);
  for (const host of ['gcr.io.example.org', 'notgcr.io', 'pkg.dev', 'docker.pkg.dev.example', 'x.y.gcr.io'])
    expect(isGoogleRegistry(host), host).toBe(false);
});

test("what is refused under Container Registry's old names comes with what must exist, and no other host's does", () => {
  const answer = { status: 404, headers: new Headers(), body: Buffer.alloc(0), fromElsewhere: false };
  const messageFor = (host: string, status = 404): string =>
    errorOfAnswer(host, 'putting a/b', { ...answer, status }, 0).error.message;
  for (const host of ['gcr.io', 'eu.gcr.io'])
    expect(messageFor(host)).toBe(
      `${host}: putting a/b failed with 404; Artifact Registry serves ${host} now: its repository \`${host}\` has to exist in the project`,
    );
  expect(messageFor('gcr.io', 403)).toContain('has to exist');
  expect(messageFor('gcr.io', 500)).not.toContain('has to exist');
  for (const host of [HOST, 'marketplace.gcr.io', 'quay.io'])
    expect(messageFor(host)).not.toContain('has to exist');
});

test("the machine's own account is asked once while its token lasts, and for Google's hosts alone", async () => {
  await using metadata = await startMetadata(3600);
  const find = withGoogleCredentials(nobody, { GCE_METADATA_HOST: metadata.host });
  expect(await find('registry.example.org')).toBeUndefined();
  expect(metadata.asked).toEqual([]);
  const login = { username: 'oauth2accesstoken', password: 'token-1' };
  expect(await find(HOST)).toEqual(login);
  expect(await find('gcr.io')).toEqual(login);
  expect(metadata.asked).toEqual(['Google']);
});

test('a token that is about to end is asked for again', async () => {
  await using metadata = await startMetadata(30);
  const find = withGoogleCredentials(nobody, { GCE_METADATA_HOST: metadata.host });
  await find(HOST);
  expect(await find(HOST)).toMatchObject({ password: 'token-2' });
});

test('what Docker knows comes first; who is no metadata server is not believed', async () => {
  await using other = await startMetadata(3600, 'Other');
  const known = { username: 'me', password: 'mine' };
  const env = { GCE_METADATA_HOST: other.host };
  expect(await withGoogleCredentials(async () => known, env)(HOST)).toBe(known);
  expect(other.asked).toEqual([]);
  expect(await withGoogleCredentials(nobody, env)(HOST)).toBeUndefined();
});

test('the key file that the environment names is the login; one that cannot be read is told without its contents', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hubwright-google-'));
  const file = join(folder, 'key.json');
  const key = JSON.stringify({ type: 'service_account', private_key: 'only-for-tests' });
  await writeFile(file, key);
  const troubles: string[] = [];
  const find = (path: string): ReturnType<CredentialSource> =>
    withGoogleCredentials(
      nobody,
      { GOOGLE_APPLICATION_CREDENTIALS: path, GCE_METADATA_HOST: '127.0.0.1:1' },
      (message) => troubles.push(message),
    )(HOST);
  expect(await find(file)).toEqual({ username: '_json_key', password: key });
  expect(troubles).toEqual([]);
  expect(await find(join(folder, 'absent.json'))).toBeUndefined();
  expect(troubles).toEqual(['the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read']);
  await rm(folder, { recursive: true });
});
