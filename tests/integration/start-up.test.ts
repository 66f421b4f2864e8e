/** What a command loads before it answers: each module costs a third of a millisecond, at every start. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Release } from '../../src/run/schema.ts';
import { FakeCluster } from '../rig/fake-cluster.ts';
import { startRegistry } from '../rig/registry.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { matrixOf, workspace } from '../rig/workspace.ts';

const script = path.resolve(import.meta.dirname, '../../build.ts');
const preload = path.resolve(import.meta.dirname, '../rig/loaded-modules.ts');

test('a family that was read before is listed without what parses and checks it, and no start knows sixty languages', async () => {
  await using folder = await temporaryFolder({
    'repository/matrix.yaml': 'images:\n  a: { context: a, kind: custom }\n',
    'repository/a/Dockerfile': 'FROM scratch\n',
  });
  const file = path.join(folder.path, 'modules');
  const list = async () => {
    const args = ['--disable-warning=ExperimentalWarning', '--import', preload, script, 'list'];
    const { stdout } = await execa(process.execPath, args, {
      cwd: path.join(folder.path, 'repository'),
      extendEnv: false,
      env: { XDG_CACHE_HOME: path.join(folder.path, 'cache'), TEST_LOADED_MODULES: file },
    });
    const modules = (await readFile(file, 'utf8')).split('\n');
    return { stdout, modules, has: (part: string) => modules.some((url) => url.includes(part)) };
  };
  const first = await list();
  expect(first.has('/node_modules/yaml/')).toBe(true);
  expect(first.has('/zod/v4/core/')).toBe(true);
  expect(first.has('/zod/v4/locales/uk.js')).toBe(false);
  const second = await list();
  expect(second.stdout).toBe(first.stdout);
  expect(second.has('/node_modules/yaml/')).toBe(false);
  expect(second.has('/node_modules/zod/')).toBe(false);
});

test('a plan of images that were never built loads no schemas, once its files were held to theirs', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a']),
    'a/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
  });
  await using cache = await temporaryFolder();
  const file = path.join(family.directory, 'modules');
  const plan = async () => {
    const { exitCode, stdout, stderr } = await family.build(['plan'], {
      XDG_CACHE_HOME: cache.path,
      NODE_OPTIONS: `--import ${preload}`,
      TEST_LOADED_MODULES: file,
    });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('1 image with something to do');
    return (await readFile(file, 'utf8')).split('\n').filter((url) => url.includes('/node_modules/zod/'));
  };
  expect(await plan()).not.toEqual([]);
  expect(await plan()).toEqual([]);
});

test('a run that publishes unsigned loads nothing that signs, and no library for the one question to git', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a'], `registry: ${registry.host}\ntags: [latest]\n`),
    'a/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
  });
  const git = (...args: readonly string[]) => execa('git', args, { cwd: family.directory });
  await git('init', '-q');
  await git(
    '-c',
    'user.name=rig',
    '-c',
    'user.email=rig@rig.example',
    'commit',
    '-qm',
    'one',
    '--allow-empty',
  );
  const file = path.join(family.directory, 'modules');
  const run = await family.build(['images', '--push'], {
    NODE_OPTIONS: `--import ${preload}`,
    TEST_LOADED_MODULES: file,
  });
  expect(run.exitCode, run.stderr).toBe(0);
  const release: Release = JSON.parse(await family.read('release.json'));
  expect(release.images[0]?.revision).toBe((await git('rev-parse', 'HEAD')).stdout);
  const modules = await readFile(file, 'utf8');
  expect(modules).toContain('/src/run/publish-stage.ts');
  expect(modules).not.toContain('/node_modules/execa/');
  expect(modules).not.toMatch(/\/src\/(?:attest|scan)\/(?!trust)/);
});

test('who asks a cluster loads the reader of kubeconfigs, and neither its models nor its HTTP client', async () => {
  await using cluster = await FakeCluster.start(['a']);
  await using folder = await temporaryFolder({ kubeconfig: cluster.kubeconfig });
  const file = path.join(folder.path, 'modules');
  const args = ['--import', preload, script, 'prepull', 'generate', '--from-cluster'];
  const { stdout } = await execa(process.execPath, [...args, '--kubeconfig', 'kubeconfig'], {
    cwd: folder.path,
    extendEnv: false,
    env: { TEST_LOADED_MODULES: file },
  });
  expect(stdout).toContain('nodes: 1');
  const modules = await readFile(file, 'utf8');
  expect(modules).toContain('/@kubernetes/client-node/dist/config.js');
  expect(modules).not.toContain('/@kubernetes/client-node/dist/gen/models/');
  expect(modules).not.toContain('/node_modules/undici/');
});

test('a run with nothing to do loads neither what builds, checks and publishes, nor what asks a registry', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a'], `registry: rig.example\n`),
    'a/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
  });
  const file = path.join(family.directory, 'modules');
  await using cache = await temporaryFolder();
  const env = { XDG_CACHE_HOME: cache.path };
  const args = ['images', '--changed'];
  const first = await family.build(['images'], env);
  expect(first.exitCode, first.stderr).toBe(0);
  const second = await family.build(args, {
    ...env,
    NODE_OPTIONS: `--import ${preload}`,
    TEST_LOADED_MODULES: file,
  });
  expect(second.stderr).toContain('Nothing to do');
  const modules = (await readFile(file, 'utf8')).split('\n');
  const ours = modules.filter((url) => /\/(?:src|registry)\/[^?]*\.ts$/.test(url));
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.length).toBeLessThan(165);
  const needless =
    /build-stage|smoke-stage|release|remote-record|registry\/(?:client|credentials)|docker\/containers|describe-(?!builds)/;
  expect(ours.filter((url) => needless.test(url))).toEqual([]);
  expect(modules.filter((url) => url.includes('/node_modules/zod/'))).toEqual([]);
});
