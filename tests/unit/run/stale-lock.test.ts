import { expect, test } from 'vitest';
import type { BuildFailure } from '../../../src/engine/engine.ts';
import { missingPackage, pins, staleLock } from '../../../src/run/stale-lock.ts';
import { graphOf } from '../../rig/image-set.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const step: BuildFailure = {
  kind: 'step-failed',
  stepName: 'RUN pip install --require-hashes -r requirements.lock',
  message: 'exit code: 1',
  line: 3,
  exitCode: 1,
};

test.each([
  ['pip', ['ERROR: No matching distribution found for Six==1.17.0'], { name: 'Six', version: '1.17.0' }],
  [
    'uv, which has other versions',
    ['  cause: Because there is no version of six==1.17.0 and you require six==1.17.0, we can conclude …'],
    { name: 'six', version: '1.17.0' },
  ],
  [
    'uv, which breaks its lines',
    ['  ╰─▶ Because there is no version', '      of six==1.17.0 and you require six==1.17.0'],
    { name: 'six', version: '1.17.0' },
  ],
  [
    'uv, which has none',
    ['  cause: Because six was not found in the package registry and you require six==1.17.0, …'],
    { name: 'six', version: undefined },
  ],
  ['a range, which no lock has', ['ERROR: No matching distribution found for six>=2'], undefined],
  [
    'another failure',
    ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.'],
    undefined,
  ],
])('what is missing is read from the words of %s', (_, tail, gone) => {
  expect(missingPackage(step, tail)).toEqual(gone);
});

test('a lock pins a package under any spelling, at its version', () => {
  const lock = 'a==1\nRuamel.Yaml[jinja]==0.18.6 \\\n    --hash=sha256:00\nsix==1.17.0 ; x\n';
  expect(pins(lock, { name: 'ruamel_yaml', version: '0.18.6' })).toBe(true);
  expect(pins(lock, { name: 'ruamel-yaml', version: undefined })).toBe(true);
  expect(pins(lock, { name: 'six', version: '1.17.0' })).toBe(true);
  expect(pins(lock, { name: 'six', version: '1.17' })).toBe(false);
  expect(pins(lock, { name: 'yaml', version: '0.18.6' })).toBe(false);
});

test('the lock may be a parent’s; what no lock pins is the image’s own fault', async () => {
  const { graph } = graphOf(
    { kit: 'FROM debian\n', course: 'FROM kit\n' },
    { kit: { context: 'kit' }, course: { context: 'course' } },
  );
  await using folder = await temporaryFolder({
    'kit/requirements.lock': 'six==1.17.0\n',
    'course/requirements.lock': 'numpy==2.0\n',
  });
  const course = graph.nodes.get('course');
  if (course === undefined) throw new Error('no course');
  const ask = (line: string): ReturnType<typeof staleLock> =>
    staleLock(folder.path, graph, course, step, [line]);
  expect(await ask('ERROR: No matching distribution found for six==1.17.0')).toEqual({
    message: '`six==1.17.0` of kit/requirements.lock is not in the package index any more',
    image: 'kit',
  });
  expect(await ask('ERROR: No matching distribution found for numpy==2.1')).toBeUndefined();
});

test('an archive that has moved on makes the epoch stale, where the image has one', async () => {
  const dockerfile = 'FROM debian\nARG EPOCH\nRUN apt-get install -y git\n';
  const { graph } = graphOf({ a: dockerfile, b: dockerfile }, { a: { epoch: '2026-01-01' } });
  const tail = [
    'E: Failed to fetch http://archive.example.org/pool/main/g/git_2.47_amd64.deb  404  Not Found [IP: ::1 80]',
  ];
  const [a, b] = ['a', 'b'].map((name) => graph.nodes.get(name));
  if (a === undefined || b === undefined) throw new Error('no images');
  expect(await staleLock('/nowhere', graph, a, step, tail)).toEqual({
    message: 'the archive no longer has `git_2.47_amd64.deb`, as of the image’s epoch 2026-01-01'.replace(
      '’',
      "'",
    ),
    image: 'a',
  });
  expect(await staleLock('/nowhere', graph, b, step, tail)).toBeUndefined();
});
