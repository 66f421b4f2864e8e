/** What `build verify` shows: proven, not proven, absent; in words and as JSON. */
import { expect, test } from 'vitest';
import { digestOf } from '../../../registry/digest.ts';
import type { ImageProof } from '../../../src/attest/image-proof.ts';
import { renderProof, verifyDocument } from '../../../src/report/verify-report.ts';

const digest = digestOf('image');
const pass = {
  signer: 'ours.pub',
  image: 'base',
  key: 'k',
  verdictKeys: ['v'],
  contract: 11,
  profile: 'singleuser',
  tier: 'gate',
  judgedAt: '2026-11-26T08:00:00.000Z',
  clauses: { S1: 'pass', S2: 'pass', S4: 'waived', S7: 'fail', S9: 'not-applicable' },
};
const proven: ImageProof = {
  digest,
  signers: ['ours.pub'],
  passes: [pass],
  origins: [
    {
      signer: 'ours.pub',
      key: 'k',
      builtAt: '2026-11-25T08:00:00.000Z',
      run: 'r-1',
      revision: '0123456789abcdef0123456789abcdef01234567',
      source: 'git+https://git.example.org/f.git',
      dirty: true,
      uncommitted: ['matrix.lock'],
    },
  ],
  bills: [{ signer: 'ours.pub', components: 312 }],
  scans: [
    {
      signer: 'ours.pub',
      scannedAt: '2026-11-26T09:00:00.000Z',
      databaseUpdatedAt: '2026-11-26T06:00:00.000Z',
      scanKeys: [],
      kept: {},
      counts: { critical: 1, high: 0, low: 3 },
    },
  ],
  refused: [],
};
const nothing: ImageProof = {
  digest,
  signers: [],
  passes: [],
  origins: [],
  bills: [],
  scans: [],
  refused: [],
};

test('tells of a proven image who says so, what it passed, and from what it was built', () => {
  expect(renderProof([{ reference: 'r.example.org/base:1', proof: proven }], ['ours.pub'], { colour: false }))
    .toBe(`✓ r.example.org/base:1
    ${digest}
    signed by  ours.pub
    passed     contract 11 as singleuser, gate tier, on 2026-11-26 (ours.pub)
               2 clauses: S1 S2
               waived: S4
               failed, without being required: S7
               1 more did not apply or were not judged
    built from 0123456789ab of https://git.example.org/f.git, with edits that were not committed (matrix.lock), run r-1, on 2026-11-25 (ours.pub)
    contents   312 components (ours.pub)
    scanned    1 critical, 3 low, on 2026-11-26 (ours.pub)
`);
});

test('tells of what is not proven, and of what is not there', () => {
  const shown = renderProof(
    [
      { reference: 'r.example.org/a:1', proof: nothing },
      { reference: 'r.example.org/b:1', proof: undefined },
    ],
    ['ours.pub', 'theirs.pub'],
    { colour: false },
  );
  expect(shown).toBe(`✗ r.example.org/a:1
    ${digest}
    passed     not proven: none of ours.pub, theirs.pub signed a pass of this digest
    signed by  nobody
    built from no provenance
    contents   no bill of materials
✗ r.example.org/b:1  absent from its registry
`);
});

test('takes what would move a terminal out of what was signed', () => {
  const odd = { ...proven, passes: [{ ...pass, profile: 'x\u001B[2J\u202Ey' }] };
  expect(renderProof([{ reference: 'r', proof: odd }], ['k'], { colour: false })).toContain('as xy, gate');
});

test('says the same to programs', () => {
  const document = verifyDocument(
    [
      { reference: 'a', proof: proven },
      { reference: 'b', proof: nothing },
      { reference: 'c', proof: undefined },
    ],
    ['ours.pub'],
  );
  expect(document.images.map(({ reference, state }) => [reference, state])).toEqual([
    ['a', 'proven'],
    ['b', 'not-proven'],
    ['c', 'absent'],
  ]);
  expect(document).toMatchObject({ version: 1, keys: ['ours.pub'] });
});

test('tells why what is there does not count, without what could disguise it', () => {
  const refused = ['signed by m\u001b[31mallory of https://idp.example.org, who is not trusted'];
  const text = renderProof([{ reference: 'r.example.org/base:1', proof: { ...nothing, refused } }], ['job'], {
    colour: false,
  });
  expect(text).toContain('not proven: job signed no pass of this digest\n');
  expect(text).toContain('allory of https://idp.example.org, who is not trusted\n');
  expect(text).not.toContain('\u001b');
  const document = verifyDocument([{ reference: 'x', proof: { ...nothing, refused } }], ['job']);
  expect(document.images).toMatchObject([{ state: 'not-proven', refused }]);
});
