/** What a command loads before it answers: each module costs a third of a millisecond, at every start. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { FakeCluster } from '../rig/fake-cluster.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const script = path.resolve(import.meta.dirname, '../../build.ts');
const preload = path.resolve(import.meta.dirname, '../rig/loaded-modules.ts');

test('a family that was read before is listed without the YAML parser, and no start knows sixty languages', async () => {
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
  const second = await list();
  expect(second.stdout).toBe(first.stdout);
  expect(second.has('/node_modules/yaml/')).toBe(false);
  expect(second.has('/zod/v4/core/')).toBe(true);
  expect(second.has('/zod/v4/locales/uk.js')).toBe(false);
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
