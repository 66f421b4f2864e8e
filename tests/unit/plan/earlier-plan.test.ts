import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeReason } from '../../../src/key/reasons.ts';
import { readFamily, type Family } from '../../../src/plan/draw-plan.ts';
import { comparePlan, namesInBoth, readEarlierPlan } from '../../../src/plan/earlier-plan.ts';
import { planDocument } from '../../../src/plan/plan.ts';
import type { EarlierPlan } from '../../../src/plan/inputs-schema.ts';
import { matrixFolder, type Files } from '../../rig/matrix-folder.ts';

const { signal } = new AbortController();

const files = {
  'matrix.yaml':
    'images:\n  base: { context: base, kind: singleuser }\n  course: { context: course, kind: singleuser }\n  hub: { context: hub, kind: hub }\n',
  'base/Dockerfile': 'FROM debian:trixie-slim\nCOPY . /x/\n',
  'base/requirements.lock': 'numpy==1\n',
  'course/Dockerfile': 'FROM base\n',
  'hub/Dockerfile': 'FROM debian:trixie-slim\n',
};

const nothing: EarlierPlan = {
  version: 1,
  platform: 'linux/amd64',
  roots: { 'debian:trixie-slim': 'sha256:1' },
  images: [],
};

async function familyOf(directory: string): Promise<Family> {
  const family = await readFamily(directory, {}, signal);
  if (!family.ok) throw new Error(JSON.stringify(family.error));
  return family.value;
}

/** The plan's JSON of these files, as a process of then would have written it. */
async function planOf(contents: Files, inputs: boolean): Promise<EarlierPlan> {
  await using folder = await matrixFolder(contents);
  const family = await familyOf(folder.directory);
  const compared = await comparePlan(family, [...family.graph.nodes.keys()], nothing, signal);
  if (!compared.ok) throw new Error(JSON.stringify(compared.error));
  const { entries, keys, ...facts } = compared.value;
  const document = planDocument(entries, { ...facts, ...(inputs ? { inputs: keys } : {}) });
  await writeFile(path.join(folder.directory, 'plan.json'), JSON.stringify(document));
  const read = await readEarlierPlan(path.join(folder.directory, 'plan.json'), 'plan.json');
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

/** What is told of these files against an earlier plan. */
async function told(contents: Files, earlier: EarlierPlan): Promise<readonly (readonly string[])[]> {
  await using folder = await matrixFolder(contents);
  const family = await familyOf(folder.directory);
  const names = [...family.graph.nodes.keys(), ...namesInBoth(family.graph, earlier)];
  const compared = await comparePlan(family, names, earlier, signal);
  if (!compared.ok) throw new Error(JSON.stringify(compared.error));
  return [
    ...compared.value.entries.map(({ name, action, reasons }) => [
      name,
      action,
      ...reasons.map(describeReason),
    ]),
    ...compared.value.removed.map((name) => [name, 'removed']),
  ];
}

const unchanged = [
  ['base', 'reuse'],
  ['course', 'reuse'],
  ['hub', 'reuse'],
];

describe('against an earlier plan', () => {
  test('the same files: nothing would be rebuilt', async () => {
    expect(await told(files, await planOf(files, false))).toEqual(unchanged);
  });

  test('an edit and its children, with reasons where the JSON holds inputs', async () => {
    const edited = { ...files, 'base/requirements.lock': 'numpy==2\n' };
    expect(await told(edited, await planOf(files, true))).toEqual([
      ['base', 'build', 'base/requirements.lock edited'],
      ['course', 'build', 'base changed: base/requirements.lock edited'],
      ['hub', 'reuse'],
    ]);
  });

  test('without inputs it tells what changed of itself and what by its parent', async () => {
    const edited = { ...files, 'base/requirements.lock': 'numpy==2\n' };
    const key = expect.stringMatching(/^content changed \(key [0-9a-f]{12} to [0-9a-f]{12}\)$/);
    const through = expect.stringMatching(/^base changed: content changed \(key /);
    expect(await told(edited, await planOf(files, false))).toEqual([
      ['base', 'build', key],
      ['course', 'build', through],
      ['hub', 'reuse'],
    ]);
  });

  test('new images, and those that are no more', async () => {
    const today = {
      ...files,
      'matrix.yaml': files['matrix.yaml'].replace('hub', 'hub2').replace('context: hub', 'context: hub'),
    };
    expect(await told(today, await planOf(files, true))).toEqual([
      ['base', 'reuse'],
      ['course', 'reuse'],
      ['hub2', 'build', 'new in the family'],
      ['hub', 'removed'],
    ]);
  });

  test('a root that the lock closes on another digest has moved; an open one is what it was', async () => {
    const digest = `sha256:${'2'.repeat(64)}`;
    const locked = { ...files, 'matrix.lock': `roots:\n  debian:trixie-slim: ${digest}\n` };
    const earlier = await planOf(files, true);
    expect((await told(locked, earlier))[0]).toEqual([
      'base',
      'build',
      'root debian:trixie-slim moved from sha256:1 to sha256:222222222222',
    ]);
  });

  test('a plan that knows no roots and no platform is compared as well as it can be', async () => {
    const { images } = await planOf(files, true);
    const [base] = await told(files, { version: 1, images });
    expect(base).toEqual(['base', 'build', 'root debian:trixie-slim moved from sha256:1 to not known']);
  });
});

test.each([
  [undefined, "`old.json` can't be read"],
  ['{', '`old.json` is not JSON'],
  ['[]', '`old.json` is no plan of version 1'],
  ['{"version":2,"images":[]}', '`old.json` is no plan of version 1 (see `version`)'],
  [
    '{"version":1,"images":[{"name":"a","parents":[]}]}',
    '`old.json` is no plan of version 1 (see `images.0.key`)',
  ],
])('a file that is no plan: %j', async (text, message) => {
  await using folder = await matrixFolder(text === undefined ? {} : { 'old.json': text });
  const read = await readEarlierPlan(path.join(folder.directory, 'old.json'), 'old.json');
  expect(read).toEqual({
    ok: false,
    error: {
      category: 'usage',
      severity: 'error',
      code: 'earlier-plan',
      message,
      help: '`build plan --format json > FILE`, on the state to compare with, writes one',
    },
  });
});
