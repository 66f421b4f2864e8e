/**
 * A scanner that speaks as much of Trivy's command line and JSON as we use, for what a run does with findings: `data/packages`
 * in a layer lists packages (`name version`), a file `data/id_rsa` is a secret, and advisories are what the test writes.
 * What the real Trivy finds is tests/full's matter. Run as a program, it is that Trivy; imported, it makes one.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MEDIA_TYPES } from '../../registry/manifests.ts';

/** By the package's name. */
export type Advisories = Readonly<
  Record<string, { readonly id: string; readonly severity: string; readonly fixed?: string }>
>;

export interface FakeTrivy {
  /** What a command needs in its environment to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** What the database says from its next download on. */
  publish(advisories: Advisories, updatedAt?: Date): Promise<void>;
  /** What was called: `image`, `sbom`, `convert`, `download`, `server`. */
  calls(): Promise<readonly string[]>;
  forgetCalls(): Promise<void>;
}

/** A Trivy in this folder. Each command downloads its database anew: it is never current by its own word. */
export async function fakeTrivy(folder: string): Promise<FakeTrivy> {
  const source = path.join(folder, 'upstream');
  const program = path.join(folder, 'trivy');
  const log = path.join(folder, 'calls');
  await mkdir(source, { recursive: true });
  await writeFile(log, '');
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', import.meta.filename];
  const call = words.map((word) => `'${word}'`).join(' ');
  await writeFile(program, `#!/bin/sh\nFAKE_SOURCE='${source}' FAKE_LOG='${log}' exec ${call} "$@"\n`, {
    mode: 0o755,
  });
  const publish: FakeTrivy['publish'] = async (advisories, updatedAt = new Date()) => {
    await writeFile(path.join(source, 'trivy.db'), JSON.stringify(advisories));
    const metadata = {
      Version: 2,
      NextUpdate: new Date(0).toISOString(),
      UpdatedAt: updatedAt.toISOString(),
    };
    await writeFile(path.join(source, 'metadata.json'), JSON.stringify(metadata));
  };
  await publish({});
  return {
    env: { HUBWRIGHT_TRIVY: program, HUBWRIGHT_TRIVY_CACHE: path.join(folder, 'cache') },
    publish,
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    forgetCalls: () => writeFile(log, ''),
  };
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly layer: string;
}

interface Contents {
  readonly diffIds: readonly string[];
  readonly packages: readonly Package[];
  readonly secrets: readonly { readonly file: string; readonly layer: string }[];
  readonly system: { readonly Family: string; readonly Name: string; readonly EOSL?: boolean } | undefined;
}

async function main(args: readonly string[]): Promise<void> {
  const option = (name: string): string => args[args.indexOf(name) + 1] ?? '';
  const operand = args.at(-1) ?? '';
  const [command = ''] = args.filter((arg, at) => !arg.startsWith('-') && args[at - 1] !== '--cache-dir');
  const isDownload = args.includes('--download-db-only');
  appendFileSync(process.env['FAKE_LOG'] ?? '', `${isDownload ? 'download' : command}\n`);
  const cache = option('--cache-dir');
  if (isDownload) {
    mkdirSync(cache, { recursive: true });
    return cpSync(process.env['FAKE_SOURCE'] ?? '', path.join(cache, 'db'), { recursive: true });
  }
  switch (command) {
    case 'server':
      return serve(option('--listen'));
    case 'image':
      return report(
        cache,
        option('--output'),
        operand,
        contentsOf(option('--image-src') === 'remote' ? await pull(operand) : option('--input')),
      );
    case 'sbom':
      return report(cache, option('--output'), operand, JSON.parse(readFileSync(operand, 'utf8')).contents);
    case 'convert':
      return convert(option('--format'), option('--output'), JSON.parse(readFileSync(operand, 'utf8')));
    default:
      throw new Error(`no such command: ${args.join(' ')}`);
  }
}

function serve(listen: string): void {
  const [host = '', port = ''] = listen.split(':');
  const server = createServer((_, answer) => void answer.end('ok')).listen(Number(port), host);
  process.on('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
}

/** What a reference by digest names in an open registry, as an OCI layout. */
async function pull(reference: string): Promise<string> {
  const [name = '', digest = ''] = reference.split('@');
  const [host = '', ...repository] = name.split('/');
  const folder = mkdtempSync(path.join(tmpdir(), 'hubwright-fake-trivy-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'blobs', 'sha256'), { recursive: true });
  const take = async (kind: 'manifests' | 'blobs', of: string): Promise<Buffer> => {
    const accept = [MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest].join(', ');
    const address = `http://${host}/v2/${repository.join('/')}/${kind}/${of}`;
    const answer = await fetch(address, { headers: { accept } });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    writeFileSync(path.join(folder, 'blobs', of.replace(':', '/')), bytes);
    return bytes;
  };
  const manifest = JSON.parse((await take('manifests', digest)).toString('utf8'));
  for (const each of [manifest.config, ...manifest.layers]) await take('blobs', each.digest);
  return `${folder}@${digest}`;
}

/** What lies in an image of an OCI layout. */
function contentsOf(input: string): Contents {
  const [folder = '', digest = ''] = input.split('@');
  const blob = (name: string): string => path.join(folder, 'blobs', name.replace(':', '/'));
  const manifest = JSON.parse(readFileSync(blob(digest), 'utf8'));
  const config = JSON.parse(readFileSync(blob(manifest.config.digest), 'utf8'));
  const diffIds: string[] = config.rootfs.diff_ids;
  const files = (manifest.layers as { digest: string }[]).map((layer, at) => {
    const names = execFileSync('tar', ['-tf', blob(layer.digest)], { encoding: 'utf8' }).split('\n');
    const read = (name: string): string =>
      names.includes(name)
        ? execFileSync('tar', ['-xOf', blob(layer.digest), name], { encoding: 'utf8' })
        : '';
    return { layer: diffIds[at] ?? '', names, read };
  });
  const system = files.map(({ read }) => read('data/system').trim()).findLast((text) => text !== '');
  return {
    diffIds,
    packages: files.flatMap(({ layer, read }) =>
      read('data/packages')
        .split('\n')
        .flatMap((line) => {
          const [name = '', version = ''] = line.split(' ');
          return name === '' ? [] : [{ name, version, layer }];
        }),
    ),
    secrets: files.flatMap(({ layer, names }) =>
      names.includes('data/id_rsa') ? [{ file: '/data/id_rsa', layer }] : [],
    ),
    system: system === undefined ? undefined : { Family: system, Name: '1', EOSL: system === 'ancient' },
  };
}

function report(cache: string, output: string, name: string, contents: Contents): void {
  const database = path.join(cache, 'db', 'trivy.db');
  if (!existsSync(database)) throw new Error('no database');
  const advisories: Advisories = JSON.parse(readFileSync(database, 'utf8'));
  const { diffIds, packages, secrets, system } = contents;
  const vulnerabilities = packages.flatMap(({ name: PkgName, version: InstalledVersion, layer }) => {
    const known = advisories[PkgName];
    if (known === undefined || known.fixed === InstalledVersion) return [];
    const { id, severity, fixed } = known;
    const about = { VulnerabilityID: id, PkgName, InstalledVersion, Severity: severity.toUpperCase() };
    return [{ ...about, FixedVersion: fixed, Title: `a hole in ${PkgName}`, Layer: { DiffID: layer } }];
  });
  const found = secrets.map(({ file, layer }) => ({
    Target: file,
    Class: 'secret',
    Secrets: [
      { RuleID: 'private-key', Severity: 'HIGH', Title: 'Asymmetric Private Key', Layer: { DiffID: layer } },
    ],
  }));
  const whole = {
    SchemaVersion: 2,
    ArtifactName: name,
    Metadata: { OS: system, DiffIDs: diffIds },
    Results: [{ Target: `${name} (rig)`, Class: 'os-pkgs', Vulnerabilities: vulnerabilities }, ...found],
    contents,
  };
  writeFileSync(output, JSON.stringify(whole));
}

function convert(
  format: string,
  output: string,
  { ArtifactName, contents }: { ArtifactName: string; contents: Contents },
): void {
  const name = format === 'cyclonedx' ? { bomFormat: 'CycloneDX' } : { spdxVersion: 'SPDX-2.3' };
  writeFileSync(
    output,
    JSON.stringify({ ...name, name: ArtifactName, contents: { ...contents, secrets: [] } }),
  );
}

if (process.argv[1] === import.meta.filename) {
  try {
    await main(process.argv.slice(2));
  } catch (cause) {
    // As Trivy ends: a line of its log, and 1.
    process.stderr.write(`2026-11-26T00:00:00Z\tFATAL\t${String(cause).replaceAll('\n', ' ')}\n`);
    process.exitCode = 1;
  }
}
