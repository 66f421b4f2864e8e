/** The real Trivy and small invented databases for it, in Trivy's own forms, and published as its makers publish theirs. */
import { createHash } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { builtTrivy } from '../../src/scan/trivy-program.ts';
import { quickClient, referenceTo } from './registry-image.ts';

/** A hole in a package of a Debian release's, of Python's or of Java's (`group:artifact`). */
export interface Advisory {
  readonly id: string;
  /** `debian 13`, `pip` or `maven`. */
  readonly where: string;
  readonly name: string;
  readonly fixed: string;
  readonly severity: 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';
}

/** The Trivy that the suite's setup built, or that `HUBWRIGHT_TRIVY` names. Throws where there is none: nothing is skipped. */
export async function realTrivy(): Promise<string> {
  const program = process.env['HUBWRIGHT_TRIVY'] || builtTrivy(process.env);
  await access(program).catch(() => {
    throw new Error(
      `there is no Trivy at ${program}: \`./build setup --scanner\` builds it, or name it in HUBWRIGHT_TRIVY`,
    );
  });
  return program;
}

/** Writes the database into Trivy's folder `cache`, in the place of what is there; current for a year. */
export async function writeDatabase(cache: string, advisories: readonly Advisory[]): Promise<void> {
  const folder = path.join(cache, 'db');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const program = path.join(cache, 'write-database');
  await execa('go', ['build', '-mod=readonly', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, 'trivy-database'),
    env: { GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
  });
  await execa(program, [path.join(folder, 'trivy.db')], {
    input: JSON.stringify(advisories.flatMap(entriesOf)),
  });
  await writeMetadata(folder, 2, 365);
}

const dayMs = 86_400_000;

/** An archive that says nothing of itself, by its bytes. */
export interface JavaArchive {
  readonly bytes: Buffer;
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Writes the database of Java archives' names into `folder`, as of some days ago, in the place of what is there. */
export async function writeJavaDatabase(
  folder: string,
  archives: readonly JavaArchive[],
  daysAgo = 0,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  using database = new DatabaseSync(path.join(folder, 'trivy-java.db'));
  database.exec(`
    CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
    CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT,
      foreign key (artifact_id) references artifacts(id))`);
  const named = database.prepare('INSERT INTO artifacts VALUES (?, ?, ?)');
  const indexed = database.prepare("INSERT INTO indices VALUES (?, ?, ?, 'jar')");
  for (const [id, { bytes, group, artifact, version }] of archives.entries()) {
    named.run(id, group, artifact);
    indexed.run(id, version, createHash('sha1').update(bytes).digest());
  }
  await writeMetadata(folder, 1, 1, daysAgo);
}

async function writeMetadata(folder: string, version: number, validDays: number, daysAgo = 0): Promise<void> {
  const now = new Date(Date.now() - daysAgo * dayMs);
  const metadata = {
    Version: version,
    UpdatedAt: now.toISOString(),
    DownloadedAt: now.toISOString(),
    NextUpdate: new Date(now.getTime() + validDays * dayMs).toISOString(),
  };
  await writeFile(path.join(folder, 'metadata.json'), JSON.stringify(metadata));
}

const layerTypes = {
  db: 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip',
  javadb: 'application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip',
};

/** Puts the database that lies in `folder` into an open registry, as its makers do: an artifact of one layer. */
export async function publishDatabase(
  text: string,
  kind: keyof typeof layerTypes,
  folder: string,
): Promise<void> {
  const { signal } = new AbortController();
  const client = quickClient();
  const reference = referenceTo(text);
  const { stdout } = await execa('tar', ['-czf', '-', '-C', folder, '.'], { encoding: 'buffer' });
  const archive = Buffer.from(stdout);
  const config = Buffer.from('{}');
  for (const blob of [config, archive]) await client.uploadBlob(reference, blob, signal);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: {
      mediaType: 'application/vnd.aquasec.trivy.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [
      {
        mediaType: layerTypes[kind],
        digest: digestOf(archive),
        size: archive.length,
        annotations: { 'org.opencontainers.image.title': `${kind}.tar.gz` },
      },
    ],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const stored = await client.putManifest(reference, bytes, MEDIA_TYPES.ociManifest, signal);
  if (stored.kind === 'failed') throw new Error(stored.error.message);
}

function entriesOf({ id, where, name, fixed, severity }: Advisory): readonly object[] {
  const isLanguage = where === 'pip' || where === 'maven';
  const bucket = isLanguage ? `${where}::rig` : where;
  const source = { ID: isLanguage ? 'ghsa' : 'debian', Name: 'invented', URL: 'https://example.org' };
  const value = isLanguage
    ? { PatchedVersions: [fixed], VulnerableVersions: [`<${fixed}`] }
    : { FixedVersion: fixed };
  return [
    { path: [bucket, name], key: id, value },
    { path: ['data-source'], key: bucket, value: source },
    { path: ['vulnerability'], key: id, value: { Title: `invented: ${name}`, Severity: severity } },
  ];
}
