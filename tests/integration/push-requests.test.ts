/** What a push asks of the registry beside what the engine sends: counted, so that no request creeps in unseen. */
import { expect, test, vi } from 'vitest';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 180_000 });

test('inputs cost two small requests and no upload, parents none, and the last release is read once', async () => {
  await using registry = await startRegistry();
  await using proxy = await startCuttingProxy(registry.host);
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'course', 'other'], `registry: ${proxy.host}/ours\ntags: [latest]\n`),
    'base/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
    'course/Dockerfile': 'FROM {p}base\nCOPY data /data/course\n',
    'course/data': 'one',
    'other/Dockerfile': 'FROM {p}base\nENV OTHER=1\n',
  });
  const images = 'ours/t[^/]+';
  const push = async (): Promise<void> => {
    const run = await family.build(['images', '--changed', '--push']);
    expect(run.exitCode, run.stderr).toBe(0);
  };
  await push();
  // What this run published itself it knows: children stand on it without a question.
  expect(proxy.count(new RegExp(`^GET /v2/${images}/(?:manifests|blobs)/sha256:`))).toBe(0);
  expect(proxy.count(new RegExp(`^HEAD /v2/${images}/manifests/inputs-`))).toBe(0);
  expect(proxy.count(new RegExp(`^PUT /v2/${images}/manifests/inputs-`))).toBe(3);
  // The engine's: three configurations, the root's layer and the course's. Ours: the empty file, which others mount.
  expect(proxy.count(new RegExp(`^PUT /v2/${images}/blobs/uploads/`))).toBe(6);

  await family.write('course/data', 'two');
  const readings = /^GET \/v2\/ours\/hubwright-release\/blobs\//;
  const before = proxy.count(readings);
  await push();
  expect(proxy.count(readings) - before).toBe(1);
  expect(proxy.count(new RegExp(`^PUT /v2/${images}/manifests/inputs-`))).toBe(4);
  expect(proxy.count(new RegExp(`^PUT /v2/${images}/blobs/uploads/`))).toBe(8);
});
