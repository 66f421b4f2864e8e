/** What another Python lock comes to, and which holes it mends. */
import { expect, test } from 'vitest';
import { changesOf, findingsOf, isMended, tellChanges } from '../../../src/nightly/lock-changes.ts';
import type { Finding } from '../../../src/scan/finding.ts';

const lock = (pins: Readonly<Record<string, string>>): string =>
  Object.entries(pins)
    .map(([name, version]) => `${name}==${version} \\\n    --hash=sha256:${'0'.repeat(64)}\n`)
    .join('');

const hole = (where: string, installed: string, fixed: string | undefined): Finding => ({
  kind: 'hole',
  id: 'CVE-2026-1',
  where,
  installed,
  fixed,
  severity: 'high',
  title: '',
  layer: undefined,
});

test('packages that came, went and moved are told, by name; other hashes of the same versions are nothing', () => {
  const before = lock({ numpy: '2.3.5', Ruamel_YAML: '1', old: '1' });
  const after = lock({ numpy: '2.4.0', 'ruamel.yaml': '1', six: '1.17.0' }).replaceAll('0000', '1111');
  const changes = changesOf(before, after);
  expect(tellChanges(changes)).toBe('numpy 2.3.5 → 2.4.0, old 1 → none, six none → 1.17.0');
  expect(changesOf(before, before.replaceAll('0000', '1111'))).toEqual([]);
});

function eleven(version: string): string {
  return lock(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`p${index}`, version])));
}

test('of many packages some are named', () => {
  expect(tellChanges(changesOf(eleven('1'), eleven('2')))).toMatch(/^p0 1 → 2, .* and 3 more$/);
});

test('holes are a lock’s where it pins the very version, in its own images or in those that stand on them', () => {
  const graph = { descendants: () => ['child'] };
  const findings = new Map([
    ['base', [hole('numpy', '2.3', '2.4')]],
    ['child', [hole('Jinja2', '3.1', '3.2'), hole('numpy', '1', '2'), hole('libssl3t64', '3.5', '3.6')]],
    ['other', [hole('numpy', '2.3', '2.5')]],
  ]);
  const found = findingsOf(graph, ['base'], findings, lock({ numpy: '2.3', jinja2: '3.1' }));
  expect(found.map(({ where, fixed }) => [where, fixed])).toEqual([
    ['numpy', '2.4'],
    ['Jinja2', '3.2'],
  ]);
});

test.each([
  { installed: '1.26.5', fixed: '1.26.18, 2.0.7', now: '1.26.20', mended: true },
  { installed: '1.26.5', fixed: '1.26.18, 2.0.7', now: '1.26.9', mended: false },
  { installed: '2.0.1', fixed: '1.26.18, 2.0.7', now: '2.0.5', mended: false },
  { installed: '2.9', fixed: '2.10', now: '2.10.0', mended: true },
  { installed: '2.9', fixed: '2.10', now: '2.9.1', mended: false },
  { installed: '2.9', fixed: undefined, now: '3', mended: false },
])('$installed, mended in $fixed, is mended by $now: $mended', ({ installed, fixed, now, mended }) => {
  expect(isMended(hole('urllib3', installed, fixed), lock({ urllib3: now }))).toBe(mended);
});

test('a package that is gone has no hole', () => {
  expect(isMended(hole('urllib3', '1', undefined), lock({ numpy: '1' }))).toBe(true);
});
