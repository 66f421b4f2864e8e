import { expect, test } from 'vitest';
import { Findings } from '../../../src/matrix/check.ts';
import { emptyLock } from '../../../src/matrix/lock.ts';
import { checkMatrix, readMatrixText } from '../../../src/matrix/matrix.ts';
import type { ValuesSettings } from '../../../src/matrix/image-set.ts';

function read(values: string): {
  readonly settings: ValuesSettings | undefined;
  readonly codes: readonly string[];
} {
  const findings = new Findings();
  const text = `images:
  base: { context: base, kind: singleuser }
  tool: { context: tool, kind: builder }
  pause: { mirror: "registry.k8s.io/pause:3.10" }
values: ${values}
`;
  const matrix = readMatrixText('matrix.yaml', text, findings);
  const checked =
    matrix &&
    checkMatrix(
      {
        matrix,
        axisFiles: new Map(),
        lock: emptyLock,
        environment: {},
        directory: '/family',
        today: '2026-11-26',
      },
      findings,
    );
  return {
    settings: checked?.set.values,
    codes: findings.all.map(({ code, span }) => `${code}:${span?.line}`),
  };
}

test('places, former registries and the Secret are read', () => {
  const { settings, codes } = read(
    '{ images: { singleuser.image: base, "prePuller.pause.image": pause }, formerly: [old.example.org/j, "localhost:5000"], pullSecret: login }',
  );
  expect(codes).toEqual([]);
  expect(settings).toMatchObject({
    images: [
      { path: ['singleuser', 'image'], image: 'base' },
      { path: ['prePuller', 'pause', 'image'], image: 'pause' },
    ],
    formerly: ['old.example.org/j', 'localhost:5000'],
    pullSecret: 'login',
  });
  expect(read('{}').settings).toEqual({ images: [], formerly: [], pullSecret: undefined });
});

test.each([
  ['an image that the family does not have', '{ images: { hub.image: bse } }', 'unknown-image:5'],
  ['a builder', '{ images: { hub.image: tool } }', 'unknown-image:5'],
  ['a path with nothing between two dots', '{ images: { hub..image: base } }', 'invalid-path:5'],
  ['a registry with a scheme', '{ formerly: ["https://old"] }', 'invalid-registry:5'],
  ['a Secret in capitals', '{ pullSecret: Login }', 'invalid-name:5'],
  ['a key that does not exist', '{ image: {} }', 'unknown-key:5'],
])('%s is told', (_, values, code) => {
  expect(read(values).codes).toEqual([code]);
});
