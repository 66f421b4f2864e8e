import { describe, expect, test } from 'vitest';
import { sortExceptions, type ScanException } from '../../../src/scan/exceptions.ts';
import { identityOf, type Finding } from '../../../src/scan/finding.ts';
import { originsOf } from '../../../src/scan/origin.ts';
import { judgeFindings, type ScanPolicy } from '../../../src/scan/policy.ts';
import { readTrivyReport } from '../../../src/scan/trivy-report.ts';

const today = '2026-11-20';
const policy: ScanPolicy = { severity: 'critical', fixableOnly: true, deadlineDays: 14 };

function hole(id: string, more: Partial<Finding> = {}): Finding {
  return {
    kind: 'hole',
    id,
    where: 'openssl',
    installed: '3.0',
    fixed: '3.1',
    severity: 'critical',
    title: '',
    layer: undefined,
    ...more,
  };
}

const judge = (
  findings: readonly Finding[],
  published: ReadonlyMap<string, string> = new Map(),
  exceptions: readonly ScanException[] = [],
) => judgeFindings({ name: 'base', findings, published }, policy, exceptions, today);

describe('the policy', () => {
  test('what can be mended and is critical holds back; the rest is tolerated', () => {
    const findings = [
      hole('CVE-1'),
      hole('CVE-2', { fixed: undefined }),
      hole('CVE-3', { severity: 'high' }),
    ];
    const { blocking, tolerated } = judge(findings);
    expect(blocking.map(({ id }) => id)).toEqual(['CVE-1']);
    expect(tolerated.map(({ id }) => id)).toEqual(['CVE-2', 'CVE-3']);
  });

  test('what is published already warns with a deadline, so that a fix of nine is not stopped by the tenth', () => {
    const tenth = hole('CVE-10', { installed: '3.0.1' });
    const published = new Map([[identityOf(hole('CVE-10')), '2026-11-10']]);
    const { blocking, known } = judge([tenth, hole('CVE-11')], published);
    expect(known).toEqual([{ finding: tenth, since: '2026-11-10', deadline: '2026-11-24', overdue: false }]);
    expect(blocking.map(({ id }) => id)).toEqual(['CVE-11']);
  });

  test('the deadline itself is still in time, the day after it is not', () => {
    const on = judge([hole('CVE-1')], new Map([[identityOf(hole('CVE-1')), '2026-11-06']]));
    expect(on.known[0]).toMatchObject({ deadline: today, overdue: false });
    const after = judge([hole('CVE-1')], new Map([[identityOf(hole('CVE-1')), '2026-11-05']]));
    expect(after.known[0]).toMatchObject({ overdue: true });
  });

  test('a secret holds back whatever its severity', () => {
    const secret = hole('private-key', {
      kind: 'secret',
      where: '/root/key',
      severity: 'low',
      fixed: undefined,
    });
    expect(judge([secret]).blocking).toEqual([secret]);
  });

  test('an exception counts for its finding, its package and its images, and for no other', () => {
    const reason = 'not reachable';
    const until = '2027-01-01';
    const findings = [hole('CVE-1'), hole('CVE-1', { where: 'libssl' }), hole('CVE-2')];
    const exceptions = [
      { id: 'CVE-1', where: 'openssl', reason, until },
      { id: 'CVE-2', images: ['hub'], reason, until },
    ];
    const { excepted, blocking } = judge(findings, new Map(), exceptions);
    expect(excepted.map(({ finding }) => identityOf(finding))).toEqual(['hole CVE-1 openssl']);
    expect(blocking.map(identityOf)).toEqual(['hole CVE-1 libssl', 'hole CVE-2 openssl']);
  });
});

test('exceptions are told of 14 days before their last day, and count through it', () => {
  const days = ['2026-11-19', '2026-11-20', '2026-12-04', '2026-12-05'];
  const { valid, ending, ended } = sortExceptions(
    days.map((until): ScanException => ({ id: until, reason: 'r', until })),
    today,
  );
  expect(valid.map(({ id }) => id)).toEqual(days.slice(1));
  expect(ending.map(({ id }) => id)).toEqual(['2026-11-20', '2026-12-04']);
  expect(ended.map(({ id }) => id)).toEqual(['2026-11-19']);
});

describe('where a finding comes from', () => {
  const low = hole('CVE-1', { layer: 'a' });
  const high = hole('CVE-2', { layer: 'c' });
  const nowhere = hole('end-of-life', { kind: 'end-of-life', where: 'debian 10' });
  const images = [
    { name: 'course-b', layers: ['a', 'b', 'd'], findings: [low, nowhere] },
    { name: 'course-a', layers: ['a', 'b', 'c'], findings: [high, low, nowhere] },
    { name: 'base', layers: ['a', 'b'], findings: [low, nowhere] },
    { name: 'db', layers: ['x'], findings: [nowhere] },
  ];

  test('each is told once, at the image whose layer has it, with those that it reaches', () => {
    expect(originsOf(images).map(({ finding, origin, reaches }) => [finding.id, origin, reaches])).toEqual([
      ['end-of-life', 'base', ['course-a', 'course-b']],
      ['end-of-life', 'db', []],
      ['CVE-1', 'base', ['course-a', 'course-b']],
      ['CVE-2', 'course-a', []],
    ]);
  });
});

describe("Trivy's report", () => {
  test('gives holes, secrets without their text, and an end of life', () => {
    const report = {
      SchemaVersion: 2,
      Metadata: { OS: { Family: 'debian', Name: '10.13', EOSL: true }, DiffIDs: ['sha256:a'] },
      Results: [
        {
          Target: 'debian',
          Vulnerabilities: [
            {
              VulnerabilityID: 'CVE-1',
              PkgName: 'tini',
              InstalledVersion: '0.19',
              Severity: 'HIGH',
              Layer: { DiffID: 'sha256:a' },
            },
            { VulnerabilityID: 'CVE-1', PkgName: 'tini', InstalledVersion: '0.19', Severity: 'HIGH' },
          ],
        },
        {
          Target: '/home/key',
          Secrets: [{ RuleID: 'private-key', Severity: 'HIGH', Match: 'BEGIN SECRET' }],
        },
      ],
    };
    const read = readTrivyReport(JSON.stringify(report));
    expect(read.ok && read.value).toMatchObject({
      system: 'debian 10.13',
      layers: ['sha256:a'],
      findings: [
        { kind: 'end-of-life', where: 'debian 10.13', severity: 'critical' },
        { kind: 'hole', id: 'CVE-1', where: 'tini', severity: 'high', fixed: undefined, layer: 'sha256:a' },
        { kind: 'secret', id: 'private-key', where: '/home/key' },
      ],
    });
    expect(JSON.stringify(read)).not.toContain('BEGIN SECRET');
  });

  test.each(['', '[]', '{"SchemaVersion":1}', '{"SchemaVersion":2,"Results":7}'])('%j is none', (text) => {
    expect(readTrivyReport(text).ok).toBe(false);
  });
});
