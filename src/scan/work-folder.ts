/**
 * Where a scanner puts what it works on: a folder of its own beside Trivy's database, for whole images are to lie
 * there, and the system's folder for temporary files may be memory. Its name says whose it is, so that what a killed
 * run left is removed by the next one. Knows nothing of what lies in it.
 */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { isAlive } from '../core/process-alive.ts';

/** Nothing scans for so long. */
const abandonedMs = 24 * 3_600_000;

/** A new folder in the cache, for whoever asked to remove; what was abandoned there is gone. */
export async function openWorkFolder(cache: string): Promise<string> {
  await mkdir(cache, { recursive: true });
  for (const name of await readdir(cache)) {
    const folder = path.join(cache, name);
    // What cannot be removed is not this run's trouble, and the next one tries again.
    if (await isAbandoned(folder)) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
  return await mkdtemp(path.join(cache, `run-${hostname()}-${process.pid}-`));
}

/** Of this machine's folders, those whose process is gone; of others' (a cache may be shared), and unnamed ones, old ones. */
async function isAbandoned(folder: string): Promise<boolean> {
  const name = path.basename(folder);
  if (!name.startsWith('run-')) return false;
  const [, host, pid] = /^run-(.+)-(\d+)-[^-]+$/.exec(name) ?? [];
  if (host === hostname()) return !isAlive(Number(pid));
  const changed = await stat(folder).catch(() => undefined);
  return changed !== undefined && Date.now() - changed.mtimeMs > abandonedMs;
}
