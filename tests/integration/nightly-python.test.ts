/** `build nightly --python`: what moves by new versions of Python packages, what stays, and what is written. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { NightImage, NightSummary } from '../../src/nightly/verdicts.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { fakeTrivy } from '../rig/fake-trivy.ts';
import { startPackageIndex } from '../rig/package-index.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { matrixOf, workspace, type CommandResult, type Workspace } from '../rig/workspace.ts';

const images = ['base', 'lab', 'child', 'tool'] as const;

async function digests(
  { host }: RegistryRig,
  { prefix }: Workspace,
): Promise<Readonly<Record<string, string>>> {
  const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
  const found = await Promise.all(
    images.map(async (name) => {
      const answer = await fetch(`http://${host}/v2/${prefix}${name}/manifests/latest`, { headers });
      return [name, answer.headers.get('docker-content-digest') ?? ''] as const;
    }),
  );
  return Object.fromEntries(found);
}

test('a new version moves the images that install it and what stands on them; what breaks is held back with its lock', async () => {
  await using registry = await startRegistry();
  await using index = await startPackageIndex();
  index.python.set('toolkit', '1').set('numpy', '1').set('helper', '1');
  await using family = await workspace({
    'matrix.yaml': `registry: ${registry.host}\ntags: [latest]\n${matrixOf(images)}`.replace(
      'lab: { context: lab, kind: custom }',
      'lab: { context: lab, kind: custom, check: "[ ! -e /usr/lib/python3/numpy-9.dist-info ]" }',
    ),
    'base/Dockerfile': `FROM rig.example/{p}root:1 AS system\n${index.uv}\nFROM system\n${index.locked}\nCMD ["true"]\n`,
    'base/requirements.txt': 'toolkit\n',
    'lab/Dockerfile': `FROM {p}base\n${index.locked}\n`,
    'lab/requirements.txt': '# both\nnumpy\nhelper\n',
    'child/Dockerfile': 'FROM {p}lab\nCOPY own /data/\n',
    'child/own': 'own',
    'tool/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY own /data/\nCMD ["true"]\n',
    'tool/own': 'own',
  });
  const all = images.map((name) => `${family.prefix}${name}`);
  const locks = async (): Promise<readonly string[]> =>
    await Promise.all(
      ['base', 'lab'].map(async (name) =>
        (await family.read(`${name}/requirements.lock`))
          .replaceAll(/ \\\n.*/g, '')
          .trim()
          .replaceAll('\n', ' '),
      ),
    );
  const night = async (
    ...args: readonly string[]
  ): Promise<
    CommandResult & { readonly summary: NightSummary; readonly states: Readonly<Record<string, string>> }
  > => {
    const result = await family.build(['nightly', ...all, '--json', '--day', '2026-11-02', ...args]);
    expect([0, 1], result.stderr).toContain(result.exitCode);
    const summary = JSON.parse(result.stdout) as NightSummary; // our own document
    const states = summary.images.map(({ name, state }) => [name.replace(family.prefix, ''), state]);
    return { ...result, summary, states: Object.fromEntries(states) };
  };
  const imageOf = ({ images: ended }: NightSummary, name: string): NightImage | undefined =>
    ended.find((image) => image.name === `${family.prefix}${name}`);
  const nothingToDo = async (): Promise<void> =>
    expect((await family.build(['plan', ...all, '--push'])).stdout).toContain('Nothing to do');

  const locked = await family.build(['lock', ...all]);
  expect(locked.exitCode, locked.stderr).toBe(0);
  expect(await locks()).toEqual(['toolkit==1', 'helper==1 numpy==1']);
  const first = await family.build(['images', ...all, '--changed', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  let before = await digests(registry, family);
  const moved = async (): Promise<readonly string[]> => {
    const after = await digests(registry, family);
    const names = images.filter((name) => after[name] !== before[name]);
    before = after;
    return names;
  };

  index.python.set('numpy', '2');
  expect((await night()).states).toEqual({ base: 'same', lab: 'same', child: 'same', tool: 'same' });
  expect((await night('--python', '--dry-run')).summary).toMatchObject({
    moves: ['Python packages of lab: numpy 1 → 2'],
    images: [{}, { state: 'would-try', because: ['Python packages of lab: numpy 1 → 2'] }, {}, {}],
  });
  expect(await locks()).toEqual(['toolkit==1', 'helper==1 numpy==1']);
  expect(await moved()).toEqual([]);

  const second = await night('--python');
  expect(second.states, second.stderr).toEqual({
    base: 'same',
    lab: 'changed',
    child: 'changed',
    tool: 'same',
  });
  expect(imageOf(second.summary, 'lab')).toMatchObject({
    because: ['Python packages of lab: numpy 1 → 2'],
    difference: { packages: [{ name: 'pkg:pypi/numpy', from: '1', to: '2' }] },
  });
  expect(await locks()).toEqual(['toolkit==1', 'helper==1 numpy==2']);
  expect(await moved()).toEqual(['lab', 'child']);
  await nothingToDo();

  const quiet = await night('--python');
  expect(quiet.states).toEqual({ base: 'same', lab: 'same', child: 'same', tool: 'same' });
  expect(await moved()).toEqual([]);

  // What the parent brings as of tonight is no more the child's to install.
  index.python.set('toolkit', '2');
  index.requires.set('toolkit', ['helper']);
  const third = await night('--python');
  expect(third.states, third.stderr).toEqual({
    base: 'changed',
    lab: 'changed',
    child: 'changed',
    tool: 'same',
  });
  expect(await locks()).toEqual(['helper==1 toolkit==2', 'numpy==2']);
  expect(await moved()).toEqual(['base', 'lab', 'child']);
  await nothingToDo();

  // The check of lab refuses numpy 9; base takes its own news in all the same.
  index.python.set('numpy', '9').set('toolkit', '3');
  const broken = await night('--python');
  expect(await locks(), broken.stderr).toEqual(['helper==1 toolkit==3', 'numpy==2']);
  expect(broken.states).toEqual({ base: 'changed', lab: 'changed', child: 'changed', tool: 'same' });
  expect(broken.summary.notes).toEqual([
    expect.stringMatching(/lab: its Python packages stay: with numpy 2 → 9, smoke failed: /),
  ]);
  expect(await moved()).toEqual(['base', 'lab', 'child']);
  await nothingToDo();

  const still = await night('--python');
  expect(still.exitCode).toBe(1);
  expect(imageOf(still.summary, 'lab')).toMatchObject({
    state: 'held-back',
    why: expect.stringContaining('its Python packages stay: with numpy 2 → 9, smoke failed: '),
  });
  expect(await moved()).toEqual([]);

  // Nothing that fits: the lock stays, and so does all else.
  index.python.delete('numpy');
  const unsolved = await night('--python');
  expect(imageOf(unsolved.summary, 'lab')).toMatchObject({
    state: 'held-back',
    why: expect.stringMatching(/could not be locked .* No solution found: there are no versions of numpy$/),
  });
  expect(await locks()).toEqual(['helper==1 toolkit==3', 'numpy==2']);
  expect(await moved()).toEqual([]);
  expect(await readFile(path.join(family.directory, 'matrix.lock'), 'utf8').catch(() => 'none')).toBe('none');
}, 600_000);

/** Takes the family's images out of the engine, but for its root. */
async function forgetImages({ engine, prefix }: Workspace): Promise<void> {
  const stored = valueOf(await engine.images.list({}, patience()));
  const names = stored.flatMap((image) => [...image.tags, ...image.digests]);
  const own = names.filter((name) => name.includes(prefix) && !name.startsWith('hubwright/root-'));
  expect(own.length).toBeGreaterThan(0);
  for (const name of own) await engine.images.remove(name, patience());
}

test('with --security-only a lock moves by what mends a known hole, and by nothing else', async () => {
  await using registry = await startRegistry();
  await using index = await startPackageIndex();
  await using tools = await temporaryFolder({});
  const trivy = await fakeTrivy(tools.path);
  index.python.set('toolkit', '1').set('numpy', '1').set('helper', '1');
  await using family = await workspace({
    'matrix.yaml': `registry: ${registry.host}\ntags: [latest]\nscan: {}\n${matrixOf(['base', 'lab'])}`,
    'base/Dockerfile': `FROM rig.example/{p}root:1 AS system\n${index.uv}\nFROM system\n${index.locked}\nCMD ["true"]\n`,
    'base/requirements.txt': 'toolkit\n',
    'lab/Dockerfile': `FROM {p}base\n${index.locked}\n`,
    'lab/requirements.txt': 'numpy\nhelper\n',
  });
  const names = ['base', 'lab'].map((name) => `${family.prefix}${name}`);
  const lockIn = async (name: string): Promise<readonly string[]> =>
    [...(await family.read(`${name}/requirements.lock`)).matchAll(/^(\S+)/gm)].map(([pin]) => pin);
  const night = async (): Promise<NightSummary> => {
    const options = ['--python', '--security-only', '--json', '--day', '2026-11-02'];
    const result = await family.build(['nightly', ...names, ...options], trivy.env);
    expect(result.exitCode, result.stderr).toBe(0);
    return JSON.parse(result.stdout) as NightSummary; // our own document
  };
  for (const command of [['lock'], ['images', '--changed', '--push']]) {
    const result = await family.build([...command, ...names], trivy.env);
    expect(result.exitCode, result.stderr).toBe(0);
  }

  for (const name of index.python.keys()) index.python.set(name, '2');
  await trivy.publish({ helper: { id: 'CVE-2099-0001', severity: 'CRITICAL', fixed: '3' } });
  expect((await night()).moves).toEqual([]);
  expect(await lockIn('lab')).toEqual(['helper==1', 'numpy==1']);

  // On a machine that has built nothing, what a lock is computed in comes from the registry.
  await forgetImages(family);
  await trivy.publish({ numpy: { id: 'CVE-2099-0002', severity: 'CRITICAL', fixed: '2' } });
  const mended = await night();
  expect(mended.images.map(({ state }) => state)).toEqual(['same', 'changed']);
  expect(mended.moves).toEqual(['Python packages of lab: numpy 1 → 2']);
  expect([await lockIn('base'), await lockIn('lab')]).toEqual([['toolkit==1'], ['helper==1', 'numpy==2']]);
}, 600_000);
