import { describe, expect, test } from 'vitest';
import { InTurn } from '../../../src/report/in-turn.ts';
import { junitDocument, smokeLine } from '../../../src/report/smoke-json.ts';
import {
  renderAnnouncement,
  renderClause,
  renderVerdict,
  renderVerdicts,
} from '../../../src/report/smoke-report.ts';
import { allClauses } from '../../../src/smoke/contract/catalogue.ts';
import type { ClauseResult, Verdict } from '../../../src/smoke/verdict.ts';

const narrow = { colour: false, width: 60 };
const pipe = { colour: false, width: 0 };
const base = { severity: 'must', tier: 'gate', durationMs: 12.4 } as const;

const pass: ClauseResult = { ...base, id: 'S1', title: 'it starts', result: 'pass', evidence: ['it runs'] };
const fail: ClauseResult = {
  ...base,
  id: 'S6',
  title: '`GET /user/NAME/api` answers 200 with a version and `X-JupyterHub-Version`',
  result: 'fail',
  evidence: ['GET /user/x/api: 404 <html>\u001b[2J', 'X-JupyterHub-Version: (absent)'],
  hint: 'a plain Jupyter server answers at `/api`, without the user’s prefix',
};
const remark: ClauseResult = {
  ...fail,
  id: 'S20a',
  title: 'it ends in 1 s',
  severity: 'should',
  hint: 'slow',
};
const waived: ClauseResult = {
  ...fail,
  id: 'S9',
  title: 'it is closed',
  result: 'waived',
  waiver: { reason: 'the course needs it & "so"', until: '2026-12-31' },
};
const notRun: ClauseResult = {
  ...base,
  id: 'S10',
  title: 'a login',
  result: 'not-run',
  evidence: ['S6 did not pass'],
};

function verdict(clauses: readonly ClauseResult[], more: Partial<Verdict> = {}): Verdict {
  return {
    image: 'example/x:1',
    imageId: 'sha256:1',
    profile: 'singleuser',
    tier: 'gate',
    contract: 7,
    passed: clauses.every(({ result, severity }) => result !== 'fail' || severity !== 'must'),
    clauses,
    logTail: [],
    durationMs: 12_340,
    ...more,
  };
}

describe('for people', () => {
  test('a failure shows what was seen, the likely cause and why it matters, within the width', () => {
    expect(renderClause(fail, allClauses().get('S6'), narrow))
      .toBe(`  ✗ S6   FAILED: \`GET /user/NAME/api\` answers 200 with a
         version and \`X-JupyterHub-Version\`
         │ GET /user/x/api: 404 <html>
         │ X-JupyterHub-Version: (absent)
         likely cause: a plain Jupyter server answers at
         \`/api\`, without the user’s prefix
         why it matters: The hub takes any answer below 500
         for "ready", even a 404: a plain Jupyter server
         passes its check and shows the student an error
         page.
`);
  });

  test('each other result is a line that says what became of it', () => {
    const lines = [pass, remark, waived, notRun].map((result) => renderClause(result, undefined, pipe));
    expect(lines.join('')).toBe(`  ✓ S1   it starts
  ! S20a remark, this is not so: it ends in 1 s
         │ GET /user/x/api: 404 <html>
         │ X-JupyterHub-Version: (absent)
         likely cause: slow
  ~ S9   waived until 2026-12-31: it is closed
         │ GET /user/x/api: 404 <html>
         │ X-JupyterHub-Version: (absent)
         waived because: the course needs it & "so"
         likely cause: a plain Jupyter server answers at \`/api\`, without the user’s prefix
  – S10  a login (not run: S6 did not pass)
`);
  });

  test('the guess is said before the start', () => {
    const announcement = {
      image: 'example/x:1',
      profile: 'singleuser',
      because: 'it exposes port 8888',
      tier: 'deep',
      memory: 2 * 1024 ** 3,
      cpu: 1,
    } as const;
    expect(renderAnnouncement(announcement, pipe)).toBe(
      'example/x:1\n  judged as `singleuser` (it exposes port 8888; `--profile` says otherwise), gate and deep tier, with 2 GiB of memory and 1 processor\n',
    );
  });

  test('the end says whether it can be used, and counts nothing as passed that did not', () => {
    expect(renderVerdict(verdict([pass, waived, remark, notRun]), undefined, pipe)).toBe(
      '✓ can be used  1 of 4 clauses hold, 1 remark, 1 waived, 1 not run, 12.3s, contract 7 gate\n',
    );
    const versions = { python: '3.13.5', packages: { jupyterhub: '5.5.1', numpy: '2' } };
    expect(renderVerdict(verdict([pass, fail], { logTail: ['bad\u001b[31m'], versions }), undefined, narrow))
      .toBe(`  the last line that it printed:
  │ bad

✗ cannot be used: S6 failed
  1 of 2 clauses hold, 12.3s, contract 7 gate
  S6: a plain Jupyter server answers at \`/api\`, without
    the user’s prefix
  inside: Python 3.13.5, jupyterhub 5.5.1, 2 Python packages
`);
    expect(renderVerdict(verdict([pass]), ['S1'], pipe)).toContain('✓ can be used, as far as S1 tells');
    const unjudged = verdict([notRun], { passed: false });
    expect(renderVerdict(unjudged, ['S10'], pipe)).toBe(
      `✗ not judged: S10 was not run  0 of 1 clauses hold, 1 not run, 12.3s, contract 7 gate
  without \`--clause\` all clauses are judged, and what is wrong is told
`,
    );
    expect(renderVerdicts([verdict([pass]), unjudged], pipe)).toContain('  ✗ example/x:1: S10 not run\n');
  });

  test('several images are counted', () => {
    const both = [verdict([pass]), verdict([fail], { image: 'y' })];
    expect(renderVerdicts(both, pipe)).toBe('2 images: 1 can be used, 1 cannot\n  ✗ y: S6\n');
    expect(renderVerdicts([verdict([pass]), verdict([pass])], pipe)).toBe('2 images, all can be used\n');
  });
});

describe('for programs', () => {
  test('one line of JSON an image', () => {
    const line = smokeLine({ verdict: verdict([pass, waived]), digest: 'sha256:2' });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toMatchObject({
      version: 1,
      image: 'example/x:1',
      imageId: 'sha256:1',
      digest: 'sha256:2',
      contract: 7,
      verdict: 'pass',
      versions: null,
      clauses: [
        { id: 'S1', result: 'pass', evidence: ['it runs'], durationMs: 12 },
        { id: 'S9', result: 'waived', waiver: { until: '2026-12-31' } },
      ],
    });
    expect(JSON.parse(smokeLine({ verdict: verdict([fail]), digest: undefined }))).toMatchObject({
      digest: null,
      verdict: 'fail',
    });
    expect(JSON.parse(smokeLine({ image: 'x', error: 'gone' }))).toEqual({
      version: 1,
      image: 'x',
      verdict: 'error',
      error: 'gone',
    });
  });

  test('JUnit’s XML: a failure is what refuses the image, all text safe', () => {
    const all = verdict([pass, fail, remark, waived, notRun], { logTail: ['<end>\u0001'] });
    expect(
      junitDocument([
        { verdict: all, digest: undefined },
        { image: 'y', error: 'gone' },
      ]),
    ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="example/x:1" tests="5" failures="1" errors="0" skipped="2" time="12.340">
    <testcase classname="example/x:1" name="S1 it starts" time="0.012"/>
    <testcase classname="example/x:1" name="S6 \`GET /user/NAME/api\` answers 200 with a version and \`X-JupyterHub-Version\`" time="0.012"><failure message="a plain Jupyter server answers at \`/api\`, without the user’s prefix">GET /user/x/api: 404 &lt;html&gt;\uFFFD[2J
X-JupyterHub-Version: (absent)
likely cause: a plain Jupyter server answers at \`/api\`, without the user’s prefix</failure></testcase>
    <testcase classname="example/x:1" name="S20a it ends in 1 s" time="0.012"><system-out>remark: GET /user/x/api: 404 &lt;html&gt;\uFFFD[2J
X-JupyterHub-Version: (absent)
likely cause: slow</system-out></testcase>
    <testcase classname="example/x:1" name="S9 it is closed" time="0.012"><skipped message="waived until 2026-12-31: the course needs it &amp; &quot;so&quot;"/><system-out>GET /user/x/api: 404 &lt;html&gt;\uFFFD[2J
X-JupyterHub-Version: (absent)
likely cause: a plain Jupyter server answers at \`/api\`, without the user’s prefix</system-out></testcase>
    <testcase classname="example/x:1" name="S10 a login" time="0.012"><skipped message="not-run: S6 did not pass"/></testcase>
    <system-out>&lt;end&gt;\uFFFD</system-out>
  </testsuite>
  <testsuite name="y" tests="1" failures="0" errors="1" skipped="0" time="0">
    <testcase classname="y" name="could be judged"><error message="gone"/></testcase>
  </testsuite>
</testsuites>
`);
  });
});

test('reports come whole and in order, the first as it comes', () => {
  const shown: string[] = [];
  const turns = new InTurn((text) => shown.push(text));
  const [first, second, third] = [turns.page(), turns.page(), turns.page()];
  second.write('b1');
  first.write('a1');
  third.write('c1');
  third.end();
  expect(shown).toEqual(['a1']);
  first.end();
  expect(shown).toEqual(['a1', 'b1']);
  second.write('b2');
  second.end();
  expect(shown).toEqual(['a1', 'b1', 'b2', 'c1']);
});
