import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openWorkFolder } from '../../../src/scan/work-folder.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

async function endedProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('what a killed run left is removed at the next start; what others use, and the database, stays', async () => {
  await using cache = await temporaryFolder({ 'db/trivy.db': 'database' });
  const folder = async (name: string, daysOld = 0): Promise<string> => {
    await mkdir(path.join(cache.path, name, 'layout'), { recursive: true });
    await writeFile(path.join(cache.path, name, 'layout', 'layer'), 'an image');
    const at = new Date(Date.now() - daysOld * 86_400_000);
    await utimes(path.join(cache.path, name), at, at);
    return name;
  };
  await folder(`run-${hostname()}-${await endedProcess()}-AbCd12`);
  await folder('run-another.machine-1-AbCd12', 2);
  // As earlier versions named theirs.
  await folder('run-AbCd12', 2);
  const kept = [
    await folder(`run-${hostname()}-${process.pid}-AbCd12`, 2),
    await folder('run-another.machine-4194304-AbCd12'),
    await folder('run-XyZw34'),
    'db',
  ];
  const opened = path.basename(await openWorkFolder(cache.path));
  expect((await readdir(cache.path)).toSorted()).toEqual([...kept, opened].toSorted());
  expect(opened.startsWith(`run-${hostname()}-${process.pid}-`)).toBe(true);
});
