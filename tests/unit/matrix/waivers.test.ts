/** Waivers: which of them hold, and the mistakes in them. */
import { describe, expect, test } from 'vitest';
import { contractOf } from '../../../src/run/smoke-contract.ts';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

function matrix(waivers: string): Record<string, string> {
  return {
    'matrix.yaml': `images:
  a:
    context: a
    kind: singleuser
    waivers: ${waivers}
`,
    'a/Dockerfile': '',
  };
}

const waived = '[{ clause: S4, reason: "the extension is slow", until: 2026-12-31 }]';

describe('waivers', () => {
  test('hold until the last day, that day included', async () => {
    const { images } = await loadFiles(matrix(waived), {}, '2026-12-31');
    expect(images[0]?.waivers).toMatchObject([
      { clause: 'S4', reason: 'the extension is slow', until: '2026-12-31', span: { line: 5, column: 25 } },
    ]);
  });

  test('are told and left out when they have ended', async () => {
    expect((await loadFiles(matrix(waived), {}, '2027-01-01')).images[0]?.waivers).toEqual([]);
    expect(await tell(matrix(waived), {}, '2027-01-01')).toEqual([
      'matrix.yaml:5:69 «2026-12-31» warning expired-waiver: the waiver of `S4` ended on 2026-12-31 (help: take it out, or give it a later day and the reason why it still has to be)',
    ]);
  });

  test('are part of what a pass is a pass of', async () => {
    const [holding] = (await loadFiles(matrix(waived), {}, '2026-11-20')).images;
    const [ended] = (await loadFiles(matrix(waived), {}, '2027-01-01')).images;
    expect(holding && contractOf(holding).waivers).toEqual(['S4']);
    expect(ended && contractOf(ended).waivers).toEqual([]);
  });

  test('need a clause, a reason and a day that the calendar has', async () => {
    const wrong = `
      - { clause: s-4, reason: "x", until: 2026-12-31 }
      - { clause: S4, reason: " ", until: 2026-12-31 }
      - { clause: S4, reason: "y", until: 31.12.2026 }
      - { clause: S5, reason: "y", until: 2027-02-29 }`;
    expect(await tell(matrix(wrong), {}, '2026-11-20')).toEqual([
      'matrix.yaml:6:19 «s-4» invalid-value: `s-4` is no clause (help: a clause is a capital letter and a number, as a failed check shows it: `S4`)',
      'matrix.yaml:7:31 «" "» invalid-value: a waiver needs a reason (help: docs/matrix.md shows what may stand here)',
      'matrix.yaml:8:19 «S4» duplicate-value: `S4` is waived twice (note: it was first written here matrix.yaml:7:19 «S4») (help: take one of them out)',
      'matrix.yaml:8:43 «31.12.2026» invalid-day: `31.12.2026` is no day (help: a day is written YYYY-MM-DD)',
      'matrix.yaml:9:43 «2027-02-29» invalid-day: `2027-02-29` is no day (help: a day is written YYYY-MM-DD)',
    ]);
  });

  test('have no other keys, and all of these', async () => {
    expect(await tell(matrix('[{ clause: S4, untl: 2026-12-31 }]'))).toEqual([
      'matrix.yaml:5:15 «{ clause: S4, untl: 2026-12-31 }» missing-key: the key `reason` is missing in `images.a.waivers[0]` (help: add it; docs/matrix.md shows its values)',
      'matrix.yaml:5:29 «untl» unknown-key: unknown key `untl` in `images.a.waivers[0]` (help: did you mean `until`?)',
    ]);
  });
});
