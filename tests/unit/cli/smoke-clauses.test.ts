import { describe, expect, it } from 'vitest';
import { checkWaivers, unknownClauses } from '../../../src/cli/smoke-clauses.ts';
import { loadFiles } from '../../rig/matrix-folder.ts';

async function waivers(clause: string): Promise<readonly string[]> {
  const { images, ...set } = await loadFiles(
    {
      'matrix.yaml': `images:
  a:
    context: a
    kind: singleuser
    axes: { role: [x, y] }
    waivers: [{ clause: ${clause}, reason: known, until: 2026-12-31 }]
`,
      'a/Dockerfile': '',
    },
    {},
    '2026-11-20',
  );
  return checkWaivers({ ...set, images }).map(
    ({ severity, code, message, span, help }) =>
      `${span?.line ?? 0}:${span?.column ?? 0} ${severity} ${code}: ${message} (${help ?? ''})`,
  );
}

describe('a waiver', () => {
  it('of a clause that its images are held to is fine', async () => {
    expect(await waivers('S4')).toEqual([]);
  });

  it('of a clause that does not exist is a mistake, told once, with what was probably meant', async () => {
    expect(await waivers('S200')).toEqual([
      '6:25 error unknown-clause: the contract has no clause `S200` (did you mean `S20`?)',
    ]);
  });

  it('of another profile’s clause waives nothing, and is told', async () => {
    expect(await waivers('D2')).toEqual([
      '6:25 warning idle-waiver: `a` is held to `singleuser`, which has no `D2` (docs/contract.md tells of each clause of `singleuser`)',
    ]);
  });
});

describe('--clause', () => {
  it('takes what the images are held to', () => {
    expect(unknownClauses(['S4', 'H1'], ['singleuser', 'hub'])).toEqual([]);
  });

  it('tells what there is not, and what belongs to others', () => {
    const told = unknownClauses(['S20b', 'H1'], ['singleuser']);
    expect(told).toMatchObject([
      { category: 'usage', message: 'there is no clause `S20b`', help: 'did you mean `S20`?' },
      { message: 'clause `H1` is not one of `singleuser`' },
    ]);
  });
});
