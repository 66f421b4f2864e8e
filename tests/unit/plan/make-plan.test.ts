import { describe, expect, test } from 'vitest';
import type { ContextEntry } from '../../../src/engine/engine.ts';
import { buildGraph, type ImageGraph } from '../../../src/graph/image-graph.ts';
import { computeKeys } from '../../../src/key/content-key.ts';
import { describeReason } from '../../../src/key/reasons.ts';
import { makePlan, type PlanInput } from '../../../src/plan/make-plan.ts';
import type { LocalBytes, PublishedBytes } from '../../../src/plan/plan.ts';
import { loadFiles } from '../../rig/matrix-folder.ts';

const files = {
  'matrix.yaml':
    'images:\n  tools: { context: tools, kind: builder }\n  base: { context: base, kind: singleuser }\n  course: { context: course, kind: singleuser }\n  hub: { context: hub, kind: hub }\n',
  'tools/Dockerfile': 'FROM scratch\n',
  'base/Dockerfile': 'FROM scratch\nCOPY --from=tools / /\n',
  'course/Dockerfile': 'FROM base\n',
  'hub/Dockerfile': 'FROM scratch\n',
};

async function graphOf(contents: Readonly<Record<string, string>>): Promise<ImageGraph> {
  const set = await loadFiles(contents);
  const texts = Object.entries(contents).filter(([path]) => path.endsWith('Dockerfile'));
  const built = buildGraph(set, new Map(texts), 'linux/amd64');
  if (!built.ok) throw new Error(JSON.stringify(built.error));
  return built.value.graph;
}

const bytes: LocalBytes = { id: 'sha256:1', created: 0, size: 1, passed: true };
const published: PublishedBytes = { digest: 'sha256:2', passed: true };

interface Situation {
  readonly selected?: readonly string[];
  readonly mode?: Partial<PlanInput['mode']>;
  readonly local?: Readonly<Record<string, LocalBytes>>;
  readonly remote?: Readonly<Record<string, PublishedBytes>>;
  readonly missingTags?: Readonly<Record<string, readonly string[]>>;
}

async function planned(situation: Situation): Promise<Record<string, string>> {
  const graph = await graphOf(files);
  const contexts = new Map([...graph.nodes.keys()].map((name) => [name, []]));
  const keys = computeKeys(graph, { platform: 'linux/amd64', roots: new Map(), contexts });
  const plan = makePlan({
    graph,
    selected: situation.selected ?? ['base', 'course', 'hub'],
    mode: { changed: true, force: false, push: false, ...situation.mode },
    keys,
    verdictKeys: new Map([...keys].map(([name, { key }]) => [name, key])),
    local: new Map(Object.entries(situation.local ?? {})),
    remote: situation.remote === undefined ? undefined : new Map(Object.entries(situation.remote)),
    missingTags: new Map(Object.entries(situation.missingTags ?? {})),
    remembered: new Map(),
  });
  return Object.fromEntries(
    plan.entries.map(({ name, action, reasons }) => [
      name,
      [action, ...reasons.map(({ kind }) => kind)].join(' '),
    ]),
  );
}

const everything = { tools: bytes, base: bytes, course: bytes, hub: bytes };

describe('with --changed', () => {
  test('nothing is done where the record has everything', async () => {
    expect(await planned({ local: everything })).toEqual({
      tools: 'reuse',
      base: 'reuse',
      course: 'reuse',
      hub: 'reuse',
    });
  });

  test('an empty record means building everything, parents first', async () => {
    const plan = await planned({});
    expect(Object.keys(plan)).toEqual(['tools', 'base', 'course', 'hub']);
    expect(new Set(Object.values(plan))).toEqual(new Set(['build never-built']));
  });

  test('bytes without a pass are verified, except those of a builder, which nobody starts', async () => {
    const unproven = { ...bytes, passed: false };
    expect(await planned({ local: { ...everything, tools: unproven, base: unproven } })).toMatchObject({
      tools: 'reuse',
      base: 'verify not-verified',
    });
  });

  test('what only the registry has and has proven is reused', async () => {
    expect(
      await planned({
        local: { tools: bytes },
        remote: { base: published, course: published, hub: published },
      }),
    ).toMatchObject({
      base: 'reuse',
    });
    expect(
      await planned({ local: { tools: bytes }, remote: { base: { ...published, passed: false } } }),
    ).toMatchObject({
      base: 'verify not-verified',
    });
  });

  test('a parent that was not asked for comes along, and is built only where it is missing', async () => {
    expect(await planned({ selected: ['course'], local: { base: bytes } })).toEqual({
      tools: 'build never-built',
      base: 'reuse',
      course: 'build never-built',
    });
  });
});

describe('with --push', () => {
  const mode = { push: true };

  test('what passed but is not in the registry is published, a builder never', async () => {
    expect(await planned({ mode, local: everything, remote: { hub: published } })).toEqual({
      tools: 'reuse',
      base: 'publish not-published',
      course: 'publish not-published',
      hub: 'reuse',
    });
  });

  test('a missing tag is published without a build', async () => {
    const remote = { base: published, course: published, hub: published };
    expect(await planned({ mode, local: everything, remote, missingTags: { hub: ['v2'] } })).toMatchObject({
      base: 'reuse',
      hub: 'publish tag-missing',
    });
  });
});

test('a plain run sends everything selected through the engine, and parents only where they are missing', async () => {
  expect(await planned({ selected: ['course'], mode: { changed: false }, local: everything })).toEqual({
    tools: 'reuse',
    base: 'reuse',
    course: 'build asked',
  });
});

test('--force builds what is named whatever the record says, and nothing else', async () => {
  expect(await planned({ selected: ['base'], mode: { force: true }, local: everything })).toEqual({
    tools: 'reuse',
    base: 'build forced',
  });
});

test('a child of an edited image tells the edit; one that is remembered as it is tells that its image is gone', async () => {
  const graph = await graphOf(files);
  const keysWith = (sha256: string) => {
    const contexts = new Map<string, readonly ContextEntry[]>(
      [...graph.nodes.keys()].map((name) => [name, []]),
    );
    contexts.set('base', [{ kind: 'file', path: 'requirements.lock', mode: 0o644, size: 1, sha256 }]);
    return computeKeys(graph, { platform: 'linux/amd64', roots: new Map(), contexts });
  };
  const [before, keys] = [keysWith('1'), keysWith('2')];
  const plan = makePlan({
    graph,
    selected: ['course', 'hub'],
    mode: { changed: true, force: false, push: false },
    keys,
    verdictKeys: new Map([...keys].map(([name, { key }]) => [name, key])),
    local: new Map([['tools', bytes]]),
    remote: undefined,
    missingTags: new Map(),
    remembered: new Map([...before].map(([name, build]) => [name, [build]])),
  });
  const told = plan.entries.map(({ name, reasons }) => [name, ...reasons.map(describeReason)]);
  expect(told).toEqual([
    ['tools'],
    ['base', 'base/requirements.lock edited'],
    ['course', 'base changed: base/requirements.lock edited'],
    ['hub', 'built before, but its image is gone'],
  ]);
});
