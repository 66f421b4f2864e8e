import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { KeptValues } from '../../../src/matrix/kept-values.ts';
import { readShape, schemaFiles } from '../../../src/matrix/read-shape.ts';
import { readYaml, type YamlSource } from '../../../src/matrix/yaml-source.ts';

const good = '- { name: a, repo: "https://git.example/a" }\n';

function sourceOf(text: string, values?: KeptValues): YamlSource {
  const { source } = readYaml('courses.yaml', text, 'typed', values);
  if (source === undefined) throw new Error('no YAML');
  return source;
}

function read(text: string, values?: KeptValues) {
  return readShape('coursesSchema', sourceOf(text, values), () => 1, values);
}

function next(values: KeptValues): KeptValues {
  return new KeptValues(values.text());
}

test('a file that has its shape is read the same, whether that is known or not', () => {
  const values = new KeptValues();
  const first = read(good, values);
  expect(first).toEqual(read(good));
  const later = next(values);
  expect(read(good, later)).toEqual(first);
  expect(later.text()).toBeUndefined();
});

test('what is wrong is told each time', () => {
  const wrong = good.replace('repo', 'rapo');
  const values = new KeptValues();
  const first = read(wrong, values);
  expect(first.diagnostics).toHaveLength(1);
  expect(read(wrong, next(values))).toEqual(first);
});

test('having one shape says nothing of another', () => {
  const values = new KeptValues();
  read(good, values);
  const later = next(values);
  expect(readShape('matrixSchema', sourceOf(good, later), () => 1, later).diagnostics).not.toEqual([]);
});

test('a value is known by itself alone: one that is equal to it was not read here', () => {
  const values = new KeptValues();
  read(good, values);
  const [shape] = (values.text() ?? '').match(/coursesSchema [0-9a-f]{64}/) ?? [];
  expect(values.hasShape(sourceOf(good, values).value, shape ?? '')).toBe(true);
  expect(values.hasShape(sourceOf(good).value, shape ?? '')).toBe(false);
});

test('a shape that changes a value is not remembered', () => {
  const values = new KeptValues();
  const { value } = sourceOf(good, values);
  values.learnShape(value, 'other', [{ name: 'b' }]);
  expect(values.hasShape(value, 'other')).toBe(false);
});

test('the digest of the schemas covers all that they are made of', async () => {
  const folder = path.resolve(import.meta.dirname, '../../../src/matrix');
  const found = new Set<string>();
  const open = ['schema.ts'];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = await readFile(path.join(folder, file), 'utf8');
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)';/gm)) {
      if (from !== 'zod') open.push(path.normalize(path.join(path.dirname(file), from)));
    }
  }
  expect([...found].toSorted()).toEqual([...schemaFiles].toSorted());
});
