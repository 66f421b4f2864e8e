import { expect, test } from 'vitest';
import type { ContextEntry } from '../../../src/engine/engine.ts';
import { computeKeys, type ImageKey } from '../../../src/key/content-key.ts';
import { ReasonChain } from '../../../src/key/reason-chain.ts';
import { explanationOf, type ExplanationSources } from '../../../src/plan/explanation.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { LocalBytes } from '../../../src/plan/plan.ts';
import { graphOf } from '../../rig/image-set.ts';

const { graph } = graphOf(
  {
    base: 'FROM debian:trixie-slim\nCOPY . /\n',
    mid: 'FROM base\n',
    course: 'FROM mid\nCOPY . /\n',
    other: 'FROM base\n',
  },
  { base: { context: 'images/base' }, course: { context: 'courses/physics' } },
);

function file(sha256: string): ContextEntry {
  return { kind: 'file', path: 'file', mode: 0o644, size: 1, sha256 };
}

function keysOf(base: string, course: string): ReadonlyMap<string, ImageKey> {
  const contexts = new Map([
    ['base', [file(base)]],
    ['course', [file(course)]],
  ]);
  const roots = new Map([['debian:trixie-slim', 'sha256:1']]);
  return computeKeys(graph, { platform: 'linux/amd64', roots, contexts });
}

/** A plan of these keys, where these images' bytes are there, after builds with those keys. */
function sources(
  keys: ReadonlyMap<string, ImageKey>,
  there: readonly string[],
  built: ReadonlyMap<string, ImageKey>,
): ExplanationSources {
  const bytes: LocalBytes = { id: 'sha256:1', created: 5, size: 1, passed: true };
  const remembered = new Map([...built].map(([name, build]) => [name, [build]]));
  const plan = makePlan({
    graph,
    selected: [...graph.nodes.keys()],
    mode: { changed: true, force: false, push: false },
    keys,
    verdictKeys: new Map([...keys].map(([name, { key }]) => [name, key])),
    local: new Map(there.map((name) => [name, bytes])),
    remote: undefined,
    missingTags: new Map(),
    remembered,
  });
  const root = { name: 'debian', from: 'debian:trixie-slim', digest: undefined, bootstrap: undefined };
  const span = { file: '', line: 1, column: 1, length: 0, text: '' };
  return {
    graph,
    plan,
    keys,
    remembered,
    memories: new Map(),
    roots: new Map([
      [
        'debian:trixie-slim',
        { root: { ...root, span }, identity: 'sha256:1', reference: 'debian@sha256:1', source: 'lock' },
      ],
    ]),
  };
}

test('the chain goes through each changed parent to the first causes, and holds the keys of then and now', () => {
  const [before, now] = [keysOf('1', '1'), keysOf('2', '2')];
  const { chain, ...rest } = explanationOf(sources(now, [], before), 'course');
  expect(chain.map(({ image, previousKey, key }) => [image, previousKey, key])).toEqual(
    ['course', 'mid', 'base'].map((name) => [name, before.get(name)?.key, now.get(name)?.key]),
  );
  expect(chain.map(({ reasons }) => reasons.map(({ text }) => text))).toEqual([
    ['courses/physics/file edited', 'base changed: images/base/file edited'],
    ['base changed: images/base/file edited'],
    ['images/base/file edited'],
  ]);
  expect(rest).toEqual({
    image: 'course',
    definition: 'course',
    action: 'build',
    key: now.get('course')?.key,
    parents: ['mid'],
    ancestors: ['base', 'mid'],
    roots: [{ root: 'debian:trixie-slim', identity: 'sha256:1' }],
    descendants: [],
  });
});

test('an unchanged image has no cause, and tells what stands on it', () => {
  const keys = keysOf('1', '1');
  const { action, chain, descendants, madeAt } = explanationOf(sources(keys, [...keys.keys()], keys), 'base');
  expect([action, madeAt, chain, descendants]).toEqual([
    'reuse',
    5000,
    [{ image: 'base', key: keys.get('base')?.key, reasons: [] }],
    ['mid', 'course', 'other'],
  ]);
});

test('where nobody kept what the parent was, the chain says so and ends', () => {
  const before = keysOf('1', '1');
  const known = new Map([...before].filter(([name]) => name !== 'base'));
  const { chain } = explanationOf(sources(keysOf('2', '1'), [], known), 'other');
  expect(chain.map(({ image, reasons }) => [image, ...reasons.map(({ text }) => text)])).toEqual([
    ['other', 'base changed'],
    ['base'],
  ]);
});

test('where no more than keys are known, the chain goes on by them', () => {
  const [before, now] = [keysOf('1', '1'), keysOf('2', '1')];
  const drawn = sources(now, [], before);
  const remembered = new Map([...before].map(([name, { key }]) => [name, [{ key, inputs: undefined }]]));
  const chainReasons = new ReasonChain(now, remembered, () => ({ dockerfile: '', context: undefined }));
  const entries = drawn.plan.entries.map((entry) => ({
    ...entry,
    reasons: chainReasons.reasons(entry.name),
  }));
  const { chain } = explanationOf({ ...drawn, remembered, plan: { entries } }, 'course');
  expect(chain.map(({ image, reasons }) => [image, ...reasons.map(({ kind }) => kind)])).toEqual([
    ['course', 'parent-changed'],
    ['mid', 'parent-changed'],
    ['base', 'content-changed'],
  ]);
});
