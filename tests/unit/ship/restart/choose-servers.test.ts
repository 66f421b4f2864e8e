import { expect, test } from 'vitest';
import { chooseServers, userKey, type ChoosingFacts } from '../../../../src/ship/restart/choose-servers.ts';
import type { RunningServer } from '../../../../src/ship/restart/running-servers.ts';
import { releaseOf } from '../../../rig/release.ts';

const minute = 60_000;
const now = Date.parse('2026-11-26T08:00:00Z');
const release = releaseOf('registry.example.org/j', ['base', 'db']);
const current = release.images.map(({ reference }) => reference.replace('@', ':x@'));
const old = `registry.example.org/j/base:x@sha256:${'0'.repeat(64)}`;

function server(parts: Partial<RunningServer> = {}): RunningServer {
  return {
    user: 'ada',
    name: '',
    ready: true,
    started: now - 600 * minute,
    lastActivity: now - 60 * minute,
    ...parts,
  };
}

function decide(of: RunningServer, facts: Partial<ChoosingFacts> = {}): string | undefined {
  const all = { release, now, idleMs: 15 * minute, images: undefined, before: now - 300 * minute, ...facts };
  return chooseServers([of], all)[0]?.decision.kind;
}

test('without a cluster, what started before the release is older', () => {
  expect(decide(server())).toBe('stop');
  expect(decide(server({ started: now - 299 * minute }))).toBe('current');
  expect(decide(server({ started: undefined }))).toBe('current');
});

test('somebody who works is left alone, unless all are to go', () => {
  const busy = server({ lastActivity: now - 14 * minute });
  expect(decide(busy)).toBe('busy');
  expect(decide(busy, { idleMs: undefined })).toBe('stop');
  expect(decide(server({ ready: false }), { idleMs: undefined })).toBe('busy');
  expect(decide(server({ lastActivity: undefined }))).toBe('stop');
});

test('of a pod every container counts, by digest; a sidecar too', () => {
  const withImages = (images: readonly string[]): string | undefined =>
    decide(server({ started: now }), { images: new Map([[userKey('ada', ''), images]]) });
  expect(withImages(current)).toBe('current');
  expect(withImages([old])).toBe('stop');
  expect(decide(server(), { images: new Map([[userKey('ada', ''), [current[1] ?? '', old]]]) })).toBe('stop');
  expect(
    decide(server(), { images: new Map([[userKey('ada', ''), ['registry.example.org/j/base:x']]]) }),
  ).toBe('stop');
  expect(decide(server(), { images: new Map([[userKey('ada', ''), ['quay.io/jupyter/base:x']]]) })).toBe(
    'current',
  );
  expect(decide(server(), { images: new Map() })).toBe('current');
});
