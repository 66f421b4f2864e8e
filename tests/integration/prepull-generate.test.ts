/** `build prepull generate` as a user runs it: manifests from a release, without a cluster. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { build } from '../rig/command.ts';
import { matrixFolder } from '../rig/matrix-folder.ts';
import { releaseOf } from '../rig/release.ts';

const matrix = `registry: registry.example.org/hub
images:
  base: { context: a, kind: singleuser }
  pause: { context: a, kind: custom }
pools:
  students: { images: [base], nodes: 25, disk: 100GB, bandwidth: 50MB, namespace: hub }
  staff: { images: [base, pause], disk: 100GB }
`;

async function folderWith(names: readonly string[], text = matrix) {
  const folder = await matrixFolder({ 'matrix.yaml': text, 'a/Dockerfile': 'FROM scratch\n' });
  const release = JSON.stringify(releaseOf('registry.example.org/hub', names));
  await writeFile(path.join(folder.directory, 'release.json'), release);
  return folder;
}

describe('build prepull generate', () => {
  test('writes a DaemonSet for each pool, or for those that are named', async () => {
    await using folder = await folderWith(['base', 'pause']);
    const all = await build(folder.directory, ['prepull', 'generate']);
    expect(all).toMatchObject({ exitCode: 0, stderr: '' });
    const names = parseAllDocuments(all.stdout).map((each) => each.toJS().metadata.name);
    expect(names).toEqual(['prepull-students', 'prepull-staff']);
    const one = await build(folder.directory, ['prepull', 'generate', '--pool', 'staff', '--format', 'json']);
    expect(JSON.parse(one.stdout).items).toHaveLength(1);
  });

  test('writes a base of kustomize into a folder', async () => {
    await using folder = await folderWith(['base', 'pause']);
    const args = ['--format', 'kustomize', '--output', 'k8s', '--priority-class', '--create-namespace'];
    expect(await build(folder.directory, ['prepull', 'generate', ...args])).toMatchObject({ exitCode: 0 });
    const made = path.join(folder.directory, 'k8s');
    const { resources } = parse(await readFile(path.join(made, 'kustomization.yaml'), 'utf8'));
    expect([...resources, 'kustomization.yaml'].toSorted()).toEqual((await readdir(made)).toSorted());
    expect(resources).toContain('namespace-hub.yaml');
  });

  test('an image that the release does not have, and a pool that nobody knows, are told', async () => {
    await using folder = await folderWith(['pause']);
    const missing = await build(folder.directory, ['prepull', 'generate']);
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(missing.stderr).toContain('the release has no image `base`');
    expect(missing.stderr).toContain('matrix.yaml:6:3');
    const unknown = await build(folder.directory, ['prepull', 'generate', '--pool', 'student']);
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toContain('did you mean `students`?');
  });

  test('images that do not fit on the nodes are told before anything is written', async () => {
    await using folder = await folderWith(['base', 'pause'], matrix.replaceAll('100GB', '1kB'));
    const answer = await build(folder.directory, ['prepull', 'generate', '--output', 'k8s']);
    expect(answer).toMatchObject({ exitCode: 2 });
    expect(answer.stderr).toContain('kubelet removes images above 85 %');
    expect(await readdir(folder.directory)).not.toContain('k8s');
  });

  test('takes pools from a deployment’s values, and those of matrix.yaml before them', async () => {
    await using folder = await folderWith(['base', 'pause']);
    await writeFile(
      path.join(folder.directory, 'values.yaml'),
      `singleuser:
  image: { name: registry.example.org/hub/base, tag: old }
  profileList:
    - { display_name: Base }
    - display_name: GPU
      kubespawner_override: { node_selector: { gpu: t4 }, image_pull_secrets: [pull] }
    - display_name: Other
      kubespawner_override: { image: "example.org/other:1" }
`,
    );
    const made = await build(folder.directory, ['prepull', 'generate', '--values', 'values.yaml']);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stderr).toContain('`example.org/other:1`');
    const sets = parseAllDocuments(made.stdout).map((each) => each.toJS());
    // Of those in matrix.yaml `students` is for the same nodes as the profile without labels: for all.
    expect(sets.map(({ metadata }) => metadata.name)).toEqual([
      'prepull-students',
      'prepull-staff',
      'prepull-t4',
    ]);
    expect(sets[2].spec.template.spec).toMatchObject({
      nodeSelector: { gpu: 't4' },
      imagePullSecrets: [{ name: 'pull' }],
      tolerations: [{ key: 'hub.jupyter.org/dedicated', value: 'user' }, { effect: 'NoSchedule' }],
    });
    const one = ['prepull', 'generate', '--values', 'values.yaml', '--pool', 't4', '--format', 'json'];
    expect(JSON.parse((await build(folder.directory, one)).stdout).items).toHaveLength(1);
    const missing = await build(folder.directory, ['prepull', 'generate', '--values', 'none.yaml']);
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(missing.stderr).toContain('`none.yaml` does not exist');
  });

  test('without a release or a pool it says how to get one', async () => {
    await using empty = await matrixFolder({ 'matrix.yaml': matrix, 'a/Dockerfile': 'FROM scratch\n' });
    expect((await build(empty.directory, ['prepull', 'generate'])).stderr).toContain('`--release FILE`');
    await using none = await folderWith(['base'], matrix.slice(0, matrix.indexOf('pools:')));
    expect((await build(none.directory, ['prepull', 'generate'])).stderr).toContain(
      'matrix.yaml names no pool',
    );
  });
});
