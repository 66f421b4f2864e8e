/** Clauses T7 and T8: a DataLoader with workers, within the shared memory that there is. */
import type { ClauseText, Finding } from '../clause.ts';
import { torchClause } from './torch-clause.ts';
import type { Facts } from './torch-clause.ts';

const hint =
  'the workers hand tensors over in /dev/shm: 64 MiB there carry batches of some megabytes. Mount a memory volume at /dev/shm for more';

/** 64 MiB in rows of 256 KiB; a dataset of torch's own, which every way to start a process can hand on. */
function code(batch: number): string {
  return `
import shutil, torch
from torch.utils.data import DataLoader, TensorDataset
rows = TensorDataset(torch.ones(256, 65536))
loader = DataLoader(rows, batch_size=${batch}, num_workers=2)
print("hubwright sum", int(sum(part.sum(dtype=torch.float64).item() for part, in loader)))
print("hubwright shm", shutil.disk_usage("/dev/shm").total // 2**20)`;
}

function judge(facts: Facts): Finding {
  const evidence = [`sum ${facts('sum')} of 16777216, /dev/shm of ${facts('shm')} MiB`];
  return facts('sum') === '16777216'
    ? { result: 'pass', evidence }
    : { result: 'fail', evidence, hint: 'the workers handed over something else than they were given' };
}

const common = {
  why: 'Students’ first training loop ends in `Bus error`, and the notebook does not say why.',
  met: ['pangeo-data/pangeo-docker-images#258'],
  severity: 'must',
  remedy:
    'Keep batches small, or mount a memory volume at /dev/shm in the pods of courses that train (`singleuser.storage.extraVolumes`, `emptyDir: {medium: Memory}`).',
  needs: ['T1'],
} as const satisfies Partial<ClauseText>;

export const loadsData = torchClause(
  {
    ...common,
    id: 'T7',
    title: 'a DataLoader with two workers works in 64 MiB of shared memory',
    tier: 'gate',
    tested: 'Two workers hand over 16 batches of 4 MiB; /dev/shm has the 64 MiB that every pod gets.',
  },
  { code: code(16), timeoutMs: 90_000, whenItFails: hint, judge },
);

export const loadsMoreData = torchClause(
  {
    ...common,
    id: 'T8',
    title: 'a DataLoader with two workers fills 1 GiB of shared memory where it has that',
    tier: 'deep',
    tested: 'Two workers hand over batches of 32 MiB, four of them at once; /dev/shm has 1 GiB.',
    needs: [],
  },
  { code: code(128), timeoutMs: 120_000, whenItFails: hint, judge },
);
