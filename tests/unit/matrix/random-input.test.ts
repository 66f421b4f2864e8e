/** Whatever stands in the files: diagnostics or a family, never an exception, and never an error without a word. */
import { expect, test } from 'vitest';
import { Findings } from '../../../src/matrix/check.ts';
import { readLock } from '../../../src/matrix/lock.ts';
import { mergeMatrices } from '../../../src/matrix/merged-matrix.ts';
import { axisFilesOf, checkMatrix, readMatrixText } from '../../../src/matrix/matrix.ts';
import { renderDiagnostics } from '../../../src/report/diagnostics.ts';

const words = `images: include: groups: secrets: tags: registry: env: axes: args: from: context: kind: name: mirror:
  roots: default: a: b: id: file: repo: resources: exclude: include: waivers: hub courses.yaml {course.name} \${HOME} \${X:-} " ' [ ] { } , *x # % @ \`
  ~ null .inf 1 true ../ - __proto__: 物`;
const layout = [
  '\n',
  '\n  ',
  '\n    ',
  '\n- ',
  '\t',
  ' ',
  '- ',
  ': ',
  '&x ',
  '!t ',
  '? ',
  '| ',
  '>-\n',
  '<<: ',
  '---\n',
  '...\n',
];
const pieces = [...words.split(/\s+/), ...layout, '\r\n', '\u0000', '\u001B', '\uFEFF', '\uD800'];

const family = `registry: \${REG:-}
tags: ["{date}", "\${T:-x}"]
secrets: [{ id: x, env: X }]
roots: { debian: { from: "debian:trixie", bootstrap: { debian: trixie } } }
groups: { default: [a, c], more: [default] }
images:
  a: { context: a, kind: hub, maxSize: 1GB, resources: { memory: 1Gi, cpu: 1 }, waivers: [{ clause: S4, reason: x, until: 2026-12-31 }] }
  c:
    context: "courses/{course.name}"
    kind: singleuser
    axes: { course: { from: courses.yaml }, role: [student, tutor] }
    exclude: [{ course: p, role: tutor }]
    include: [{ role: student, x: "1" }]
    args: { A: "{course.base}", B: "{role}{x}" }
`;
const courses = '- { name: p, repo: "https://x.org/y", clone: true }\n- { name: q, repo: z, base: a }\n';

let seed = 3;
function random(limit: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * limit);
}

function noise(): string {
  return Array.from({ length: 1 + random(20) }, () => pieces[random(pieces.length)]).join('');
}

/** A right file with a few places damaged finds more than noise alone, which seldom gets past the parser. */
function damaged(text: string): string {
  let result = text;
  for (let times = random(4); times > 0; times -= 1) {
    const at = random(result.length);
    result = result.slice(0, at) + (pieces[random(pieces.length)] ?? '') + result.slice(at + random(6));
  }
  return result;
}

function examine(matrixText: string, coursesText: string, lockText: string, includedText?: string): string {
  const findings = new Findings();
  const { lock, diagnostics } = readLock('matrix.lock', lockText);
  findings.add(...diagnostics);
  const main = readMatrixText('matrix.yaml', matrixText, findings);
  const included =
    includedText === undefined
      ? undefined
      : readMatrixText('b/more.yaml', includedText, findings, 'included');
  const matrix = main && mergeMatrices(included === undefined ? [main] : [main, included], findings);
  if (matrix === undefined) expect(findings.errorCount, matrixText).toBeGreaterThan(0);
  else {
    const axisFiles = new Map([...axisFilesOf(matrix).keys()].map((file) => [file, coursesText]));
    const input = { matrix, axisFiles, lock, environment: {}, directory: '/nowhere', today: '2026-11-20' };
    const { planned } = checkMatrix(input, findings);
    if (findings.errorCount === 0)
      expect(new Set(planned.map(({ image }) => image.name)).size).toBe(planned.length);
  }
  for (const { span } of findings.all) {
    if (span === undefined) continue;
    expect(span.column, matrixText).toBeLessThanOrEqual(span.text.length + 1);
  }
  return renderDiagnostics(findings.all, { colour: false, width: 80 });
}

test('noise is told, never thrown', () => {
  for (let round = 0; round < 250; round += 1) examine(noise(), noise(), noise());
});

test('a family of two damaged files is told, never thrown', () => {
  const more = family.replaceAll(/\b([ac]):/g, '$1x:').replace('default:', 'others:');
  for (let round = 0; round < 150; round += 1) examine(damaged(family), damaged(courses), '', damaged(more));
});

test('a damaged family is told, never thrown', () => {
  let told = 0;
  for (let round = 0; round < 250; round += 1) {
    if (examine(damaged(family), damaged(courses), 'roots: {}\n').includes('error[')) told += 1;
  }
  expect(told).toBeGreaterThan(80);
  expect(examine(family, courses, '')).toContain('warning[unlocked-clone]');
  expect(examine(family, courses, '')).not.toContain('error[');
});
