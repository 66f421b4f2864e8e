/** How long the registry's record takes to answer for a thousand published images on a machine that has none of them. */
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { withDigest } from '../../registry/reference.ts';
import { openKeylessSigner } from '../../src/attest/keyless-signer.ts';
import { signImage } from '../../src/attest/sign-image.ts';
import type { Signer } from '../../src/attest/signer.ts';
import { loadRoot } from '../../src/attest/sigstore-root.ts';
import { predicateTypes, testResultStatement, type PassFacts } from '../../src/attest/statement.ts';
import { keyTag, passTag } from '../../src/core/labels.ts';
import { verdictKey } from '../../src/key/verdict-key.ts';
import { readFamily } from '../../src/plan/draw-plan.ts';
import type { PlanDocument } from '../../src/plan/plan.ts';
import { contractOf } from '../../src/run/smoke-contract.ts';
import { contractVersion } from '../../src/smoke/contract-version.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { signerOf } from '../rig/node-signer.ts';
import { startOidcIssuer } from '../rig/oidc-issuer.ts';
import { referenceTo } from '../rig/registry-image.ts';
import { startRegistry } from '../rig/registry.ts';
import { startSigstore } from '../rig/sigstore.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';
import { benchEngine } from './bench-engine.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { runLauncher } from './launcher.ts';

const count = Number(process.env['BENCH_IMAGES'] ?? 1000);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 7);
const limitMs = 1500;
const names = Array.from({ length: count }, (_, index) => `image${index}`);
const { signal } = new AbortController();
const registry = createRegistryClient({ credentials: async () => undefined });

/** Whose word is asked for: what stands in matrix.yaml, and who signs what is published. */
interface Trust extends AsyncDisposable {
  readonly files: Readonly<Record<string, string>>;
  readonly settings: string;
  readonly signer: Signer | undefined;
}

/** Gives each image the tags that say: these bytes exist, and they passed. What is behind them, no plan asks. */
async function publish(family: Workspace, prefix: string, signer: Signer | undefined): Promise<void> {
  const { images } = JSON.parse(await runLauncher(family, ['plan', '--format', 'json'])) as PlanDocument; // our own document
  const { set } = valueOf(await readFamily(family.directory, {}, patience()));
  const limit = pLimit(8);
  await limit.map(images, async ({ name, key }) => {
    const image = set.images.find((each) => each.name === name);
    if (image === undefined) throw new Error(`no image ${name}`);
    // Of each image other bytes: what is signed of one says nothing of another.
    const config = Buffer.from(JSON.stringify({ name }));
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.ociManifest,
        config: { mediaType: 'application/json', digest: digestOf(config), size: config.length },
        layers: [],
      }),
    );
    const verdict = verdictKey(key, contractOf(image));
    const [first, ...others] = [keyTag(key), passTag(verdict), 'latest'].map((tag) =>
      referenceTo(`${prefix}/${name}:${tag}`),
    );
    if (first === undefined) throw new Error('no reference');
    const stored = [await registry.uploadBlob(first, config, signal)];
    for (const reference of [first, ...others])
      stored.push(await registry.putManifest(reference, manifest, MEDIA_TYPES.ociManifest, signal));
    expect(stored.map(({ kind }) => kind)).not.toContain('failed');
    if (signer === undefined) return;
    const place = { registry, image: withDigest(first, digestOf(manifest)) };
    const subject = { repository: `${prefix}/${name}`, digest: digestOf(manifest) };
    const payload = testResultStatement(subject, passOf(name, key, verdict));
    const statements = [{ predicateType: predicateTypes.testResult, payload }];
    valueOf(await signImage(place, signer, subject, statements, signal));
  });
}

function passOf(image: string, key: string, verdict: string): PassFacts {
  const terms = { contract: contractVersion, profile: 'custom', tier: 'gate' };
  return { image, key, verdictKeys: [verdict], ...terms, judged: new Date(), clauses: { C1: 'passed' } };
}

async function noTrust(): Promise<Trust> {
  return { files: {}, settings: '', signer: undefined, async [Symbol.asyncDispose]() {} };
}

/** Node signs with it, for a thousand processes of cosign's would take minutes. */
async function trustInKey(): Promise<Trust> {
  const signer = signerOf('cosign.pub');
  return {
    files: { 'cosign.pub': signer.self.key.export({ type: 'spki', format: 'pem' }).toString() },
    settings: 'trust: [{ key: cosign.pub }]\n',
    signer,
    async [Symbol.asyncDispose]() {},
  };
}

/** Certificates of an authority of the rig, with both words on the time: its log’s, and a timestamp authority’s. */
async function trustInIdentity(): Promise<Trust> {
  const issuer = await startOidcIssuer();
  const sigstore = await startSigstore({ issuer });
  const trustedRoot = sigstore.trustedRoot();
  await using folder = await temporaryFolder({ 'root.json': trustedRoot });
  const file = { path: path.join(folder.path, 'root.json'), shown: 'root.json', span: undefined };
  const root = { kind: 'file', file } as const;
  const { address } = sigstore;
  const settings = {
    kind: 'keyless',
    fulcio: address,
    rekor: address,
    timestamps: `${address}/api/v1/timestamp`,
    audience: 'sigstore',
    root,
    span: undefined,
  } as const;
  const workflow = 'https://github.com/acme/images/.github/workflows/images.yaml@refs/heads/main';
  const tools = {
    env: issuer.github(workflow),
    note() {},
    userAgent: 'bench',
    root: valueOf(await loadRoot(root, {})),
  };
  return {
    files: { 'root.json': trustedRoot },
    settings: `trust: [{ identity: "${workflow}", issuer: "${issuer.address}", root: root.json }]\n`,
    signer: valueOf(await openKeylessSigner(settings, tools, signal)),
    async [Symbol.asyncDispose]() {
      await sigstore[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

test.each([
  { by: '', trustIn: noTrust },
  { by: ', signed with a key', trustIn: trustInKey },
  { by: ', signed without a key', trustIn: trustInIdentity },
])(
  'a plan of a thousand images against the registry’s record$by',
  { timeout: 900_000 },
  async ({ by, trustIn }) => {
    await using rig = await startRegistry();
    await using trust = await trustIn();
    const files = names.flatMap((name) => [
      [`${name}/Dockerfile`, 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n'],
      [`${name}/data`, `${name}\n`],
    ]);
    const matrix = matrixOf(names, `registry: \${DOCKER_REGISTRY:-}\n${trust.settings}`);
    await using family = await workspace(
      { ...Object.fromEntries(files), ...trust.files, 'matrix.yaml': matrix },
      benchEngine.where,
    );
    const prefix = `${rig.host}/bench`;
    await publish(family, prefix, trust.signer);
    const times: number[] = [];
    // One that is not counted: what was hashed, and what was proven, is remembered after it.
    for (let round = 0; round <= rounds; round += 1) {
      const started = performance.now();
      const plan = await runLauncher(family, ['plan', '--format', 'json'], { DOCKER_REGISTRY: prefix });
      const took = performance.now() - started;
      if (round > 0) times.push(took);
      else process.stdout.write(`the first${by}: ${seconds(took)}\n`);
      const actions = (JSON.parse(plan) as PlanDocument).images.map(({ action }) => action); // our own document
      expect(new Set(actions)).toEqual(new Set(['reuse']));
      expect(actions).toHaveLength(count);
    }
    const time = median(times);
    tabled({
      what: `plan of ${count.toLocaleString('en')} images against the registry’s record${by}, warm`,
      measured: `${seconds(time)} (${seconds(Math.min(...times))} the quickest of ${rounds})`,
      limit: `≤ ${seconds(limitMs)}`,
      met: time <= limitMs,
    });
    expect(time).toBeLessThanOrEqual(limitMs);
  },
);
