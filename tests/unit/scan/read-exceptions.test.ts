import { expect, test } from 'vitest';
import { parseExceptions } from '../../../src/scan/read-exceptions.ts';
import { loadFiles, tell, told } from '../../rig/matrix-folder.ts';

const today = '2026-11-20';

function warnings(text: string): readonly string[] {
  const read = parseExceptions('scan.yaml', text, today);
  return (read.ok ? read.value.warnings : read.error).map(told);
}

test('an exception that has ended counts no more, one that ends soon is told, both at their place', () => {
  const text = `- { id: CVE-1, reason: not reachable, until: 2026-11-19 }
- { id: CVE-2, where: openssl, images: [base], reason: patched by hand, until: 2026-12-01 }
- { id: CVE-3, reason: no fix yet, until: 2027-06-01 }
`;
  const read = parseExceptions('scan.yaml', text, today);
  expect(read.ok && read.value.exceptions.map(({ id }) => id)).toEqual(['CVE-2', 'CVE-3']);
  expect(warnings(text)).toEqual([
    'scan.yaml:1:46 «2026-11-19» warning expired-exception: the exception for `CVE-1` ended on 2026-11-19 (help: take it out, or give it a later day and the reason why it still has to be)',
    'scan.yaml:2:80 «2026-12-01» warning ending-exception: the exception for `CVE-2` ends on 2026-12-01, within 14 days',
  ]);
});

test('what is wrong in it is told with its place', () => {
  expect(warnings('- { id: CVE-1, reason: why, until: tomorrow }\n')).toEqual([
    'scan.yaml:1:36 «tomorrow» invalid-day: `tomorrow` is no day (help: a day is written YYYY-MM-DD)',
  ]);
  expect(warnings('- { id: CVE-2, until: 2027-01-01 }\n')).toEqual([
    'scan.yaml:1:3 «{ id: CVE-2, until: 2027-01-01 }» missing-key: the key `reason` is missing (help: add it; docs/matrix.md shows its values)',
  ]);
});

const image = 'images: { a: { context: a, kind: custom } }\n';

test('the policy of matrix.yaml fills in what it does not say', async () => {
  const files = { 'a/Dockerfile': '' };
  expect((await loadFiles({ ...files, 'matrix.yaml': image })).scan).toBeUndefined();
  expect((await loadFiles({ ...files, 'matrix.yaml': `scan: {}\n${image}` })).scan).toEqual({
    severity: 'critical',
    fixableOnly: true,
    deadlineDays: 14,
    exceptions: undefined,
    databases: [],
    javaDatabases: [],
    maxDatabaseAgeHours: 72,
  });
});

test('a policy that cannot be is told', async () => {
  const scan = `scan:
  exceptions: ../scan.yaml
  databases: ["a b"]
`;
  expect(await tell({ 'a/Dockerfile': '', 'matrix.yaml': `${scan}${image}` })).toEqual([
    'matrix.yaml:2:15 «../scan.yaml» path-leaves-repository: the path `../scan.yaml` leaves the repository (help: give a path inside the repository, relative to its root)',
    'matrix.yaml:3:15 «"a b"» invalid-reference: `a b` is no image reference (help: an image reference contains no white space)',
  ]);
  const grave = `scan: { block: { severity: grave } }\n${image}`;
  expect(await tell({ 'a/Dockerfile': '', 'matrix.yaml': grave })).toEqual([
    'matrix.yaml:1:28 «grave» invalid-value: `severity` cannot be `grave` (help: one of `unknown`, `low`, `medium`, `high`, `critical`)',
  ]);
});
