/**
 * No secret is told anywhere: they are planted wherever a run meets one, builds print them in every form, and then all
 * that a run has left behind is searched: output, journal, logs, release, images, and the registry's own files.
 */
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LOGIN, startRegistry, type RegistryRig } from '../rig/registry.ts';
import { leaksBelow, leaksIn } from '../rig/secret-search.ts';
import { KEY_PASSWORD, makeKeyPair } from '../rig/signing-keys.ts';
import { REFRESH_TOKEN } from '../rig/token-server.ts';
import { matrixOf, workspace, type CommandResult, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const planted = {
  'build secret': 'build secret+of/the=test?',
  'secret of a file': 'file-secret-of-the-test-ü',
  'registry password': LOGIN.password,
  'identity token': REFRESH_TOKEN,
  'password of the key': KEY_PASSWORD,
  'password of the proxy': 'proxy-password-of-the-test',
};
/** Where they are meant to be. */
const owned = ['.docker/config.json', 'file-secret'];

/** A build that is as careless as can be: it prints what it is given, also encoded. */
const careless = `FROM rig.example/{p}root:1
RUN --mount=type=secret,id=word --mount=type=secret,id=file \\
  cat /run/secrets/word /run/secrets/file; \\
  echo " user:$(cat /run/secrets/word)" | base64 -w0; base64 /run/secrets/word; base64 /run/secrets/file; \\
  echo "https://user:$(sed 's/ /%20/g; s/+/%2B/g; s,/,%2F,g; s/=/%3D/g; s/?/%3F/g' /run/secrets/word)@example.org"
CMD ["true"]
`;

let rig: RegistryRig;
let kit: Workspace;
const env: Readonly<Record<string, string>> = {
  WORD: planted['build secret'],
  COSIGN_PASSWORD: KEY_PASSWORD,
  HTTPS_PROXY: `http://user:${planted['password of the proxy']}@127.0.0.1:9`,
};

beforeAll(async () => {
  rig = await startRegistry('token');
  kit = await workspace({
    'good/Dockerfile': careless,
    'bad/Dockerfile': careless.replace(
      '\nCMD',
      '\nRUN --mount=type=secret,id=word cat /run/secrets/word; exit 7\nCMD',
    ),
    'file-secret': `${planted['secret of a file']}\n`,
    'keys/.keep': '',
  });
  await makeKeyPair(`${kit.directory}/keys`, 'ours');
  const more = `registry: ${rig.host}
sign: { key: keys/ours.key }
trust: [{ key: keys/ours.pub }]
secrets: [{ id: word, env: WORD }, { id: file, file: file-secret }]
`;
  await kit.write('matrix.yaml', matrixOf(['good', 'bad'], more));
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('a run that publishes, fails, verifies and meets a wrong login tells no secret', async () => {
  const said: CommandResult[] = [];
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  await logIn({ auth });
  said.push(await kit.build(['images', '--push', '--verbose', '--no-cache'], env));
  expect(said[0]?.exitCode).toBe(1);
  expect(said[0]?.stderr).toContain('signed');
  said.push(await kit.build(['images', '--push', '--json', '--force', '--no-cache'], env));
  // An identity token in the place of a password.
  await logIn({ auth: Buffer.from(`${LOGIN.username}:`).toString('base64'), identitytoken: REFRESH_TOKEN });
  said.push(await kit.build(['images', '{p}good', '--push', '--force', '--json'], env));
  expect(said[2]?.exitCode).toBe(0);
  said.push(await kit.build(['plan', '--push', '--format', 'json', '--inputs'], env));
  said.push(await kit.build(['verify', '--json', `${rig.host}/${kit.prefix}good:latest`], env));
  expect(said[4]?.exitCode).toBe(0);
  said.push(
    await kit.build(['images', '--push', '--force'], { ...env, COSIGN_PASSWORD: 'wrong-key-password' }),
  );
  await logIn({ auth: Buffer.from(`${LOGIN.username}:wrong-password`).toString('base64') });
  said.push(await kit.build(['images', '{p}good', '--push', '--force'], env));
  expect(said[6]?.exitCode).toBe(3);

  const tokens = Object.fromEntries(
    (rig.tokenServer?.issued ?? []).map((each, index) => [`token ${index}`, each]),
  );
  expect(Object.keys(tokens).length).toBeGreaterThan(0);
  const secrets = {
    ...planted,
    ...tokens,
    'wrong password': 'wrong-password',
    'wrong password of the key': 'wrong-key-password',
  };
  const leaks = said.flatMap(({ stdout, stderr }, index) => [
    ...leaksIn(`stdout of command ${index}`, stdout, secrets),
    ...leaksIn(`stderr of command ${index}`, stderr, secrets),
  ]);
  expect(leaks).toEqual([]);
  // That the build did print them: a shell without base64 would leave nothing to be found.
  const [first = ''] = (await readdir(`${kit.directory}/.hubwright/runs`)).toSorted();
  const log = await kit.read(`.hubwright/runs/${first}/logs/{p}good.log`);
  expect(log.split('***').length - 1).toBeGreaterThanOrEqual(6);
  expect(log).not.toContain('not found');
  const left = await leaksBelow(kit.directory, secrets, owned);
  expect(left.leaks).toEqual([]);
  // The layers of the images are among the registry's files, and so are their histories.
  const published = await leaksBelow(rig.dataFolder, secrets);
  expect(published.leaks).toEqual([]);
  expect([left.files > 5, published.files > 10]).toEqual([true, true]);
});

test('the search finds what it is there to find', async () => {
  const hidden = `Basic ${Buffer.from(`user:${planted['build secret']}`).toString('base64')}`;
  expect(leaksIn('here', hidden, planted)).toEqual(['here: build secret']);
  expect(leaksIn('here', encodeURIComponent(planted['build secret']), planted)).toEqual([
    'here: build secret',
  ]);
  expect((await leaksBelow(kit.directory, planted)).leaks).toEqual(['file-secret: secret of a file']);
});

async function logIn(login: object): Promise<void> {
  await kit.write('.docker/config.json', JSON.stringify({ auths: { [rig.host]: login } }));
}
