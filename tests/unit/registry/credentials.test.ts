import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dockerCredentials, type CredentialSource } from '../../../registry/credentials.ts';

let folder = '';
let troubles: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hubwright-credentials-'));
  troubles = [];
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function source(config: unknown): Promise<CredentialSource> {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(folder, 'config.json'), text);
  const env = { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` };
  return dockerCredentials(env, (message) => troubles.push(message));
}

/** A real program in the helper's place: notes what it is asked, then does as the script says. */
async function helper(name: string, script: string): Promise<void> {
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\nhost=$(cat)\necho "$1 $host" >> '${folder}/asked'\n${script}\n`);
  await chmod(path, 0o755);
}

async function asked(): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'asked'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

function auth(username: string, password: string): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}

test('a login is answered for exactly its host', async () => {
  const find = await source({
    auths: { 'a.example': auth('me', 'p:w'), 'b.example:5000': auth('you', 'q\0\0') },
  });
  expect(await find('a.example')).toEqual({ username: 'me', password: 'p:w' });
  expect(await find('b.example:5000')).toEqual({ username: 'you', password: 'q' });
  for (const host of [
    'example',
    'x.a.example',
    'a.example.org',
    'a.example:443',
    'b.example',
    'b.example:50',
  ]) {
    expect(await find(host)).toBeUndefined();
  }
});

test('a key that is a URL stands for its host', async () => {
  const find = await source({ auths: { 'https://a.example/v1/': auth('me', 'p') } });
  expect(await find('a.example')).toEqual({ username: 'me', password: 'p' });
});

test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])('%s finds Docker Hub', async (host) => {
  const find = await source({ auths: { 'https://index.docker.io/v1/': auth('me', 'p') } });
  expect(await find(host)).toEqual({ username: 'me', password: 'p' });
});

test('an identity token comes with its entry', async () => {
  const find = await source({ auths: { 'a.example': { ...auth('me', ''), identitytoken: 'it' } } });
  expect(await find('a.example')).toEqual({ username: 'me', password: '', identityToken: 'it' });
});

test('an empty entry, as Docker leaves beside a store, is no login', async () => {
  const find = await source({ auths: { 'a.example': {} } });
  expect(await find('a.example')).toBeUndefined();
  expect(troubles).toEqual([]);
});

test('the helper of the host is asked before the store, and the store before the file', async () => {
  await helper('one', `echo '{"Username":"one","Secret":"1"}'`);
  await helper('all', `echo '{"Username":"all","Secret":"2"}'`);
  const find = await source({
    auths: { 'a.example': auth('file', '0'), 'b.example': auth('file', '0') },
    credsStore: 'all',
    credHelpers: { 'a.example': 'one' },
  });
  expect(await find('a.example')).toEqual({ username: 'one', password: '1' });
  expect(await find('b.example')).toEqual({ username: 'all', password: '2' });
  expect(await asked()).toEqual(['get a.example', 'get b.example']);
});

test('a store is asked for Docker Hub by its old name', async () => {
  await helper('all', `echo '{"Username":"me","Secret":"2"}'`);
  const find = await source({ credsStore: 'all' });
  await find('docker.io');
  expect(await asked()).toEqual(['get https://index.docker.io/v1/']);
});

test('a helper that answers <token> gives an identity token', async () => {
  await helper('one', `echo '{"Username":"<token>","Secret":"it"}'`);
  const find = await source({ credHelpers: { 'a.example': 'one' } });
  expect(await find('a.example')).toEqual({ username: '', password: '', identityToken: 'it' });
});

test('a store without the login is no trouble, and the file is looked at', async () => {
  await helper('all', 'echo "credentials not found in native keychain"; exit 1');
  const find = await source({ credsStore: 'all', auths: { 'a.example': auth('file', '0') } });
  expect(await find('a.example')).toEqual({ username: 'file', password: '0' });
  expect(troubles).toEqual([]);
});

test.each([
  ['is missing', undefined, 'docker-credential-one is not on PATH'],
  [
    'fails',
    'echo my-secret; exit 3',
    'failed (exit code 3; `echo a.example | docker-credential-one get` tells why)',
  ],
  ['prints something else', 'echo my-secret', 'printed something else'],
])('a helper that %s is told, without what it printed', async (_name, script, message) => {
  if (script !== undefined) await helper('one', script);
  const find = await source({ credHelpers: { 'a.example': 'one' } });
  expect(await find('a.example')).toBeUndefined();
  expect(troubles.join()).toContain(message);
  expect(troubles.join()).not.toContain('my-secret');
});

test('a login that is no login is told, and an empty one is none', async () => {
  const find = await source({
    auths: { 'a.example': { auth: '%%%' }, 'b.example': { auth: '' }, 'c.example': {} },
  });
  for (const host of ['a.example', 'b.example', 'c.example']) expect(await find(host)).toBeUndefined();
  expect(troubles).toEqual([
    `${folder}/config.json holds a login for a.example that cannot be read; \`docker login a.example\` writes it anew`,
  ]);
});

test('a helper whose name is a path is not run', async () => {
  const find = await source({ credHelpers: { 'a.example': '../../bin/x' } });
  expect(await find('a.example')).toBeUndefined();
  expect(troubles).toEqual(['the name of a credential helper in config.json is not a program name']);
});

test('a slow helper is asked once for many that want its login', async () => {
  await helper('one', `echo '{"Username":"one","Secret":"1"}'`);
  const find = await source({ credHelpers: { 'a.example': 'one' } });
  await Promise.all(Array.from({ length: 10 }, () => find('a.example')));
  expect(await asked()).toEqual(['get a.example']);
});

test('no file means no logins, a broken one is told', async () => {
  const none = dockerCredentials({ HOME: join(folder, 'nowhere') }, (message) => troubles.push(message));
  expect(await none('a.example')).toBeUndefined();
  expect(troubles).toEqual([]);
  const find = await source('{');
  expect(await find('a.example')).toBeUndefined();
  expect(troubles.join()).toContain('is not a Docker configuration');
});
