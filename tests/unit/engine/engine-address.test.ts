import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineVariables, findEngine } from '../../../src/engine/engine-address.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const idOf = (context: string): string => createHash('sha256').update(context).digest('hex');

/** A folder as `docker context create` and `docker context use` leave it. */
async function dockerFolder(home: string, current: string | undefined): Promise<string> {
  const folder = path.join(home, '.docker');
  const meta = path.join(folder, 'contexts', 'meta', idOf('vm'));
  await mkdir(meta, { recursive: true });
  const endpoints = { docker: { Host: 'unix:///home/u/vm.sock', SkipTLSVerify: false } };
  await writeFile(
    path.join(meta, 'meta.json'),
    JSON.stringify({ Name: 'vm', Metadata: {}, Endpoints: endpoints }),
  );
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({ auths: {}, currentContext: current }));
  return folder;
}

describe('the engine that is meant', () => {
  test('is the one of the context in use', async () => {
    await using home = await temporaryFolder();
    await dockerFolder(home.path, 'vm');
    const found = findEngine({ HOME: home.path });
    expect(found).toEqual({
      kind: 'known',
      address: 'unix:///home/u/vm.sock',
      chosenBy: { name: "Docker's context `vm`", undo: 'run `docker context use default`' },
    });
    expect(engineVariables(found)).toEqual({ DOCKER_HOST: 'unix:///home/u/vm.sock' });
  });

  test('is that of DOCKER_CONTEXT, whatever context is in use; and that of DOCKER_HOST before all', async () => {
    await using home = await temporaryFolder();
    const env = { DOCKER_CONFIG: await dockerFolder(home.path, undefined), DOCKER_CONTEXT: 'vm' };
    expect(findEngine(env)).toMatchObject({
      address: 'unix:///home/u/vm.sock',
      chosenBy: { undo: 'unset `DOCKER_CONTEXT`' },
    });
    expect(findEngine({ ...env, DOCKER_HOST: 'tcp://a.example:1' })).toMatchObject({
      address: 'tcp://a.example:1',
    });
    expect(findEngine({ ...env, DOCKER_CONTEXT: 'default' })).toEqual({
      kind: 'known',
      address: '/var/run/docker.sock',
    });
  });

  test('brings the certificates of its context', async () => {
    await using home = await temporaryFolder();
    const folder = await dockerFolder(home.path, 'vm');
    const certificates = path.join(folder, 'contexts', 'tls', idOf('vm'), 'docker');
    await mkdir(certificates, { recursive: true });
    const found = findEngine({ HOME: home.path });
    expect(found).toMatchObject({ tls: { certificates, verify: true } });
    expect(engineVariables(found)).toMatchObject({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates });
  });

  test.each([['{'], ['[]'], ['{"currentContext": 7}']])(
    'is at the usual socket where the configuration is %s',
    async (text) => {
      await using home = await temporaryFolder();
      await writeFile(path.join(await dockerFolder(home.path, 'vm'), 'config.json'), text);
      expect(findEngine({ HOME: home.path })).toEqual({ kind: 'known', address: '/var/run/docker.sock' });
    },
  );
});
