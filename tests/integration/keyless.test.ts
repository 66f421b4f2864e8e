/**
 * What is published with `sign: { keyless: … }` and believed with `trust: [{ identity: …, issuer: … }]`: a real engine, a
 * real registry, an OpenID Connect issuer and Sigstore's services of the rig, and cosign as the judge of the result.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { predicateTypes } from '../../src/attest/statement.ts';
import { startOidcIssuer, type OidcIssuer } from '../rig/oidc-issuer.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { leaksBelow, leaksIn } from '../rig/secret-search.ts';
import { startSigstore, type SigstoreRig } from '../rig/sigstore.ts';
import { cosignAgrees } from '../rig/signing-keys.ts';
import { matrixOf, trivial, workspace, type CommandResult, type Workspace } from '../rig/workspace.ts';

const workflow = 'https://github.com/acme/images/.github/workflows/images.yaml@refs/heads/main';
const stranger = 'https://github.com/mallory/images/.github/workflows/images.yaml@refs/heads/main';
const names = ['base', 'child'];

let issuer: OidcIssuer;
let sigstore: SigstoreRig;
let rig: RegistryRig;
let kit: Workspace;
const said: CommandResult[] = [];

// Builds and signs, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

beforeAll(async () => {
  rig = await startRegistry();
  issuer = await startOidcIssuer();
  sigstore = await startSigstore({ issuer });
  kit = await workspace({
    'base/Dockerfile': trivial,
    'child/Dockerfile': 'FROM {p}base\nCOPY . /more/\n',
    'sigstore/root.json': sigstore.trustedRoot(),
    'sigstore/clock.json': sigstore.trustedRoot(['timestamps']),
    'sigstore/bare.json': sigstore.trustedRoot([]),
    'sigstore/ca.pem': sigstore.files.ca,
    'sigstore/tsa.pem': sigstore.files.timestamps,
    'sigstore/rekor.pub': sigstore.files.rekor,
  });
  await kit.write('matrix.yaml', matrix());
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await sigstore[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('a build server’s identity signs what is published, and counts for the next plan and for build verify', async () => {
  const pushed = await run(['images', '--push'], issuer.github(workflow));
  expect(pushed.stderr).toContain('signed');
  expect(pushed.exitCode).toBe(0);
  // One certificate for all of the run.
  expect(sigstore.asked.filter((path) => path === '/api/v2/signingCert')).toHaveLength(1);

  const again = await run(['plan', '--push', '--format', 'json']);
  const { images } = JSON.parse(again.stdout) as { images: readonly { action: string }[] };
  expect(images.map(({ action }) => action)).toEqual(['reuse', 'reuse']);

  const verified = await run(['verify', '--json', ...references()]);
  expect(verified.exitCode).toBe(0);
  const report = JSON.parse(verified.stdout) as { images: readonly object[] };
  expect(report.images).toMatchObject([
    {
      state: 'proven',
      signers: [workflow],
      passes: [{ image: `${kit.prefix}base`, signer: workflow }],
      provenance: [{ signer: workflow }],
    },
    { state: 'proven', signers: [workflow] },
  ]);
});

test('cosign itself verifies signature and attestations by the identity, in both forms', async () => {
  const [reference = ''] = references();
  const who = ['--certificate-identity', workflow, '--certificate-oidc-issuer', issuer.address];
  const authorities = ['--ca-roots', at('ca.pem'), '--insecure-ignore-sct=true'];
  const clock = ['--timestamp-certificate-chain', at('tsa.pem'), '--insecure-ignore-tlog=true'];
  const type = ['--type', predicateTypes.testResult];
  // The form of cosign 1 and 2: by a timestamp authority, and by the log.
  const old = [...who, ...authorities];
  expect(await cosignAgrees(['verify', ...old, ...clock, reference])).toBe(true);
  expect(await cosignAgrees(['verify-attestation', ...old, ...clock, ...type, reference])).toBe(true);
  const log = { SIGSTORE_REKOR_PUBLIC_KEY: at('rekor.pub') };
  expect(await cosignAgrees(['verify', ...old, reference], log)).toBe(true);
  expect(await cosignAgrees(['verify-attestation', ...old, ...type, reference], log)).toBe(true);
  // The form of cosign 3. cosign 2 asks for the public authorities all the same; here it is told of ours.
  const root = ['--new-bundle-format', '--trusted-root', at('root.json'), '--insecure-ignore-sct=true'];
  const roots = { SIGSTORE_ROOT_FILE: at('ca.pem') };
  expect(await cosignAgrees(['verify-attestation', ...who, ...root, ...type, reference], roots)).toBe(true);
  const others = ['--certificate-identity', stranger, '--certificate-oidc-issuer', issuer.address];
  expect(await cosignAgrees(['verify', ...others, ...authorities, ...clock, reference])).toBe(false);
  expect(await cosignAgrees(['verify-attestation', ...others, ...root, ...type, reference], roots)).toBe(
    false,
  );
});

test('a pattern has to match the whole identity, and an identity without its issuer is nobody', async () => {
  const trusting = async (entry: string): Promise<CommandResult> => {
    await kit.write('matrix.yaml', matrix({ trust: entry }));
    return await run(['verify', ...references()]);
  };
  const root = 'root: sigstore/root.json';
  const pattern = String.raw`identityRegexp: 'https://github\.com/acme/.*'`;
  expect((await trusting(`${pattern}, issuer: "${issuer.address}", ${root}`)).exitCode).toBe(0);
  const part = String.raw`identityRegexp: 'https://github\.com/acme/'`;
  expect((await trusting(`${part}, issuer: "${issuer.address}", ${root}`)).exitCode).toBe(1);
  expect(
    (await trusting(`identity: "${workflow}", issuer: "https://idp.example.org", ${root}`)).exitCode,
  ).toBe(1);
  const parts = 'root: { ca: sigstore/ca.pem, timestamps: sigstore/tsa.pem, rekor: sigstore/rekor.pub }';
  expect((await trusting(`identity: "${workflow}", issuer: "${issuer.address}", ${parts}`)).exitCode).toBe(0);
  await kit.write('matrix.yaml', matrix());
});

test('whom nobody trusts is named, and what has no time of its own is said to have none', async () => {
  const [reference = ''] = references();
  const root = ['--root', 'sigstore/root.json'];
  const issued = ['--issuer', issuer.address];
  const ours = await run(['verify', '--identity', workflow, ...issued, ...root, reference]);
  expect([ours.exitCode, ours.stdout]).toEqual([0, expect.stringContaining(`signed by  ${workflow}`)]);
  const theirs = await run(['verify', '--identity', stranger, ...issued, ...root, reference]);
  expect([theirs.exitCode, theirs.stdout]).toEqual([
    1,
    expect.stringContaining(`signed by ${workflow} of ${issuer.address}, who is not trusted`),
  ]);
  const late = await run([
    'verify',
    '--identity',
    workflow,
    ...issued,
    '--root',
    'sigstore/bare.json',
    reference,
  ]);
  expect([late.exitCode, late.stdout]).toEqual([
    1,
    expect.stringMatching(/says when it was signed, and its certificate ended at 20/),
  ]);
  const half = await run(['verify', '--identity', workflow, reference]);
  expect([half.exitCode, half.stderr]).toEqual([2, expect.stringContaining('who it is by its issuer')]);
});

test('what is wrong with the identity is told before anything is built', async () => {
  const none = await push({});
  expect([none.exitCode, none.stderr]).toEqual([3, expect.stringContaining('there is no identity token')]);
  const job = await push({ GITHUB_ACTIONS: 'true' });
  expect(job.stderr).toContain('permissions: { id-token: write }');
  const other = await push({ SIGSTORE_ID_TOKEN: issuer.token({ sub: workflow, aud: 'vault' }) });
  expect([other.exitCode, other.stderr]).toEqual([
    2,
    expect.stringContaining('is for `vault`, and not for `sigstore`'),
  ]);
  const ended = await push({ SIGSTORE_ID_TOKEN: issuer.token({ sub: workflow, lifetimeSeconds: -60 }) });
  expect([ended.exitCode, ended.stderr]).toEqual([2, expect.stringContaining('ended at')]);
  const [head = '', , signature = ''] = issuer.token({ sub: workflow }).split('.');
  const [, body = ''] = issuer.token({ sub: stranger }).split('.');
  const forged = await push({ SIGSTORE_ID_TOKEN: `${head}.${body}.${signature}` });
  expect([forged.exitCode, forged.stderr]).toEqual([
    2,
    expect.stringContaining('There was an error processing the identity token'),
  ]);
  const unknown = await push(issuer.github(stranger));
  expect(unknown.exitCode).toBe(2);
  const words = unknown.stderr.replaceAll(/\s+/g, ' ');
  expect(words).toContain(`\`${stranger}\` of \`${issuer.address}\` signs would not be believed`);
  expect(words).toContain(`trusted are \`${workflow}\` of \`${issuer.address}\``);

  // The right name, by an authority that the trust knows nothing of.
  await using elsewhere = await startSigstore({ issuer });
  await kit.write('sigstore/other.json', elsewhere.trustedRoot());
  const trust = `identity: "${workflow}", issuer: "${issuer.address}", root: sigstore/other.json`;
  await kit.write('matrix.yaml', matrix({ trust }));
  const foreign = await push(issuer.github(workflow));
  expect([foreign.exitCode, foreign.stderr.replaceAll(/\s+/g, ' ')]).toEqual([
    2,
    expect.stringContaining('its authority is not of the `root` under `trust`'),
  ]);
  await kit.write('matrix.yaml', matrix());
});

test('an authority that does not answer is an outside trouble: exit code 3', async () => {
  await kit.write('matrix.yaml', matrix({ fulcio: 'http://127.0.0.1:1' }));
  const answer = await run(['images', '--push', '--force'], issuer.github(workflow));
  expect([answer.exitCode, answer.stderr]).toEqual([3, expect.stringContaining('Fulcio cannot be asked')]);
  await kit.write('matrix.yaml', matrix());
});

test('Sigstore’s public root out of reach is an outside trouble, where it is asked for', async () => {
  await kit.write('matrix.yaml', matrix({ trust: `identity: "${workflow}", issuer: "${issuer.address}"` }));
  // A way out of the network that leads nowhere.
  const nowhere = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' };
  const answer = await run(['verify', ...references()], nowhere);
  expect([answer.exitCode, answer.stderr]).toEqual([
    3,
    expect.stringContaining('Sigstore’s public root cannot be had'),
  ]);
  await kit.write('matrix.yaml', matrix());
});

test('no token is in any output, journal, log, or file of the registry', async () => {
  const tokens = Object.fromEntries(issuer.issued.map((each, index) => [`token ${index}`, each]));
  const bearer = issuer.github('x')['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  const secrets = { ...tokens, 'request token': bearer };
  expect(Object.keys(secrets).length).toBeGreaterThan(4);
  const leaks = said.flatMap(({ stdout, stderr }, index) => [
    ...leaksIn(`stdout of command ${index}`, stdout, secrets),
    ...leaksIn(`stderr of command ${index}`, stderr, secrets),
  ]);
  const left = await leaksBelow(kit.directory, secrets);
  const published = await leaksBelow(rig.dataFolder, secrets);
  expect([leaks, left.leaks, published.leaks]).toEqual([[], [], []]);
  expect([left.files > 5, published.files > 10]).toEqual([true, true]);
});

function matrix(more: { readonly trust?: string; readonly fulcio?: string } = {}): string {
  const root = 'root: sigstore/root.json';
  const { address } = sigstore;
  const trust = more.trust ?? `identity: "${workflow}", issuer: "${issuer.address}", ${root}`;
  const fulcio = more.fulcio ?? address;
  return matrixOf(
    names,
    [
      `registry: ${rig.host}`,
      'sign:',
      `  keyless: { fulcio: "${fulcio}", rekor: "${address}", timestamps: "${address}/api/v1/timestamp", ${root} }`,
      `trust: [{ ${trust} }]`,
      '',
    ].join('\n'),
  );
}

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const answer = await kit.build(args, env);
  said.push(answer);
  return answer;
}

/** A run that would build and publish all anew; here it must not get so far. */
async function push(env: Readonly<Record<string, string>>): Promise<CommandResult> {
  const answer = await run(['images', '--push', '--force'], env);
  expect(answer.stderr).not.toContain('built');
  return answer;
}

function at(file: string): string {
  return `${kit.directory}/sigstore/${file}`;
}

function references(): readonly string[] {
  return names.map((name) => `${rig.host}/${kit.prefix}${name}:latest`);
}
