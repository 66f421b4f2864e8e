/** The real Trivy and a small invented database for it, in Trivy's own form, written by a Go program of the rig. */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { builtTrivy } from '../../src/scan/trivy-program.ts';

/** A hole in a package of a Debian release's, or of Python's. */
export interface Advisory {
  readonly id: string;
  /** `debian 13` or `pip`. */
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
  const now = new Date();
  const metadata = {
    Version: 2,
    UpdatedAt: now.toISOString(),
    DownloadedAt: now.toISOString(),
    NextUpdate: new Date(now.getTime() + 365 * 86_400_000).toISOString(),
  };
  await writeFile(path.join(folder, 'metadata.json'), JSON.stringify(metadata));
}

function entriesOf({ id, where, name, fixed, severity }: Advisory): readonly object[] {
  const isPython = where === 'pip';
  const bucket = isPython ? 'pip::rig' : where;
  const source = { ID: isPython ? 'ghsa' : 'debian', Name: 'invented', URL: 'https://example.org' };
  const value = isPython
    ? { PatchedVersions: [fixed], VulnerableVersions: [`<${fixed}`] }
    : { FixedVersion: fixed };
  return [
    { path: [bucket, name], key: id, value },
    { path: ['data-source'], key: bucket, value: source },
    { path: ['vulnerability'], key: id, value: { Title: `invented: ${name}`, Severity: severity } },
  ];
}
