/**
 * Signing without a key against Sigstore's own servers, built from their Go modules: Fulcio with an authority of this run,
 * and its timestamp authority. The engine, the registry and cosign are real; the identity tokens come from the rig's
 * issuer, which Fulcio asks over OpenID Connect. Without the servers this fails, and says how to build them.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { predicateTypes } from '../../src/attest/statement.ts';
import { startOidcIssuer, type OidcIssuer } from '../rig/oidc-issuer.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { leaksIn } from '../rig/secret-search.ts';
import { startSigstoreServers, type SigstoreServers } from '../rig/sigstore-servers/servers.ts';
import { cosignAgrees } from '../rig/signing-keys.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

const workflow = 'https://github.com/acme/images/.github/workflows/images.yaml@refs/heads/main';
const stranger = 'https://github.com/mallory/images/.github/workflows/images.yaml@refs/heads/main';

let issuer: OidcIssuer;
let servers: SigstoreServers;
let rig: RegistryRig;
let kit: Workspace;

// Builds and signs, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

beforeAll(async () => {
  issuer = await startOidcIssuer();
  servers = await startSigstoreServers(issuer);
  rig = await startRegistry();
  kit = await workspace({
    'base/Dockerfile': trivial,
    'sigstore/ca.pem': servers.files.ca,
    'sigstore/tsa.pem': servers.files.timestamps,
  });
  await kit.write('matrix.yaml', matrixFor(workflow));
});

afterAll(async () => {
  await kit?.[Symbol.asyncDispose]();
  await rig?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
  await issuer?.[Symbol.asyncDispose]();
});

test('the real Fulcio certifies the job, the real authority says when, and build verify and cosign believe both', async () => {
  const pushed = await kit.build(['images', '--push'], issuer.github(workflow));
  expect([pushed.stderr, pushed.exitCode]).toEqual([expect.stringContaining('signed'), 0]);
  const verified = await kit.build(['verify', '--json', reference()]);
  expect(JSON.parse(verified.stdout)).toMatchObject({
    images: [{ state: 'proven', signers: [workflow], passes: [{ signer: workflow }] }],
  });
  const again = await kit.build(['plan', '--push', '--format', 'json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ images: [{ action: 'reuse' }] });

  expect(await cosignAgrees(['verify', ...asked(workflow), reference()])).toBe(true);
  const type = ['--type', predicateTypes.testResult];
  expect(await cosignAgrees(['verify-attestation', ...asked(workflow), ...type, reference()])).toBe(true);
  expect(await cosignAgrees(['verify', ...asked(stranger), reference()])).toBe(false);
});

test('somebody else whom the same Fulcio knows is not believed', async () => {
  await kit.write('matrix.yaml', matrixFor(stranger));
  const verified = await kit.build(['verify', reference()]);
  expect(verified.exitCode).toBe(1);
  const unsigned = await kit.build(['plan', '--push', '--format', 'json']);
  expect(JSON.parse(unsigned.stdout)).toMatchObject({
    images: [{ action: expect.not.stringMatching('reuse') }],
  });
  await kit.write('matrix.yaml', matrixFor(workflow));
});

test('the real Fulcio refuses a token that another issuer signed, and nothing is told of it but that', async () => {
  await using other = await startOidcIssuer();
  const foreign = other.token({ sub: workflow });
  const [head = '', , signature = ''] = issuer.token({ sub: workflow }).split('.');
  const [, body = ''] = issuer.token({ sub: stranger }).split('.');
  for (const token of [foreign, `${head}.${body}.${signature}`]) {
    const answer = await kit.build(['images', '--push', '--force'], { SIGSTORE_ID_TOKEN: token });
    expect([answer.exitCode, answer.stderr]).toEqual([2, expect.stringContaining('Fulcio at')]);
    expect(leaksIn('stderr', answer.stderr, { token })).toEqual([]);
  }
});

function matrixFor(identity: string): string {
  const root = 'root: { ca: sigstore/ca.pem, timestamps: sigstore/tsa.pem }';
  return matrixOf(
    ['base'],
    [
      `registry: ${rig.host}`,
      `sign: { keyless: { fulcio: "${servers.fulcio}", timestamps: "${servers.timestamps}", ${root} } }`,
      `trust: [{ identity: "${identity}", issuer: "${issuer.address}", ${root} }]`,
      '',
    ].join('\n'),
  );
}

/** How cosign is asked whether this identity signed. */
function asked(who: string): readonly string[] {
  const identity = ['--certificate-identity', who, '--certificate-oidc-issuer', issuer.address];
  const authority = ['--ca-roots', `${kit.directory}/sigstore/ca.pem`, '--insecure-ignore-sct=true'];
  const clock = ['--timestamp-certificate-chain', `${kit.directory}/sigstore/tsa.pem`];
  return [...identity, ...authority, ...clock, '--insecure-ignore-tlog=true'];
}

function reference(): string {
  return `${rig.host}/${kit.prefix}base:latest`;
}
