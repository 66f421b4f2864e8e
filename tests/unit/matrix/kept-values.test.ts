import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { keepValues, KeptValues, readKeptValues, title } from '../../../src/matrix/kept-values.ts';
import { loadMatrix } from '../../../src/matrix/load-matrix.ts';
import { readYaml } from '../../../src/matrix/yaml-source.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

/** What was learned from these texts, as the next run finds it. */
function keptFrom(...texts: readonly string[]): KeptValues {
  const values = new KeptValues();
  for (const text of texts) readYaml('a.yaml', text, 'typed', values);
  return new KeptValues(values.text());
}

describe('a file that was read before', () => {
  const text = '# first\na: &x { b: [1, two, null, true] }\nc: *x\n"d e": |\n  long\n';

  test('has the value that parsing it gives', () => {
    expect(readYaml('a.yaml', text, 'typed', keptFrom(text)).source?.value).toEqual(
      readYaml('a.yaml', text, 'typed').source?.value,
    );
  });

  test('is not parsed: a wrong value that was kept is answered', () => {
    const values = new KeptValues();
    values.learn(text, 'typed', { wrong: true });
    const next = new KeptValues(values.text());
    expect(readYaml('a.yaml', text, 'typed', next).source?.value).toEqual({ wrong: true });
  });

  test.each<[string, (string | number)[]]>([
    ['a key', ['a']],
    ['a list', ['a', 'b']],
    ['an item', ['a', 'b', 1]],
    ['what an alias stands for', ['c', 'b', 0]],
    ['what is not there', ['a', 'z', 'y']],
    ['an item too many', ['a', 'b', 7]],
    ['the whole', []],
  ])('shows %s where it stands', (_, at) => {
    const kept = readYaml('a.yaml', text, 'typed', keptFrom(text)).source;
    const parsed = readYaml('a.yaml', text, 'typed').source;
    expect(kept?.has(at)).toBe(parsed?.has(at));
    expect({ ...kept?.keySpan(at) }).toEqual(parsed?.keySpan(at));
    expect({ ...kept?.valueSpan(at) }).toEqual(parsed?.valueSpan(at));
    expect({ ...kept?.textSpan(at, 'two') }).toEqual(parsed?.textSpan(at, 'two'));
  });

  test('as text is not what it is as typed', () => {
    const values = keptFrom('a: 1\n');
    expect(readYaml('a.yaml', 'a: 1\n', 'text', values).source?.value).toEqual({ a: '1' });
  });

  test.each([
    ['an error', 'a: [\n'],
    ['a finding', 'a: 1\na: 2\n'],
    ['a number that JSON cannot say', 'a: .inf\n'],
    ['aliases that unfold into too much', `a: &a ${'x'.repeat(1_000_000)}\nb: [${'*a, '.repeat(9)}]\n`],
    ['a zero that JSON cannot say', 'a: -0.0\n'],
  ])('with %s is parsed each time', (_, broken) => {
    const values = new KeptValues();
    readYaml('a.yaml', broken, 'typed', values);
    expect(values.text()).toBeUndefined();
  });
});

function readWith(kept: string): unknown {
  return readYaml('a.yaml', 'a: right\n', 'typed', new KeptValues(kept)).source?.value;
}

describe('what is kept', () => {
  test('is as good as nothing where it was damaged, or is of another version', () => {
    const values = new KeptValues();
    readYaml('a.yaml', 'a: right\n', 'typed', values);
    const text = values.text() ?? '';
    const forged = text.replace('right', 'wrong');
    expect(forged).not.toBe(text);
    expect(readWith(forged)).toEqual({ a: 'right' });
    expect(readWith(text.slice(0, -1))).toEqual({ a: 'right' });
    expect(readWith(text.replace(title, 'hubwright-yaml-values 0'))).toEqual({ a: 'right' });
  });

  test('names the versions of the libraries that read it', async () => {
    const manifest = path.resolve(import.meta.dirname, '../../../package.json');
    // Our own file.
    const { dependencies } = JSON.parse(await readFile(manifest, 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(title).toBe(`hubwright-yaml-values yaml-${dependencies['yaml']} zod-${dependencies['zod']}`);
  });

  test('forgets the texts that are no longer asked for', () => {
    const values = keptFrom('a: 1\n', 'b: 2\n');
    readYaml('b.yaml', 'b: 2\n', 'typed', values);
    readYaml('c.yaml', 'c: 3\n', 'typed', values);
    const next = values.text() ?? '';
    expect(next).toContain('{"b":2}');
    expect(next).not.toContain('{"a":1}');
  });
});

test('a family is the same, and its mistakes stand where they stood, whether it was read before or not', async () => {
  await using folder = await temporaryFolder({
    'repo/matrix.yaml':
      'images:\n  base: { context: base, kind: custom }\n  course:\n    context: base\n    kind: custom\n    axes: { course: { from: courses.yaml } }\n    name: "{course.name}"\n',
    'repo/courses.yaml': '- { name: a, repo: "https://git.example/a" }\n',
    'repo/base/Dockerfile': 'FROM scratch\n',
  });
  const repository = path.join(folder.path, 'repo');
  const cache = path.join(folder.path, 'cache');
  const load = async () => {
    const values = readKeptValues(cache, repository);
    const loaded = await loadMatrix(repository, {}, { values, today: '2026-11-26' });
    await keepValues(cache, repository, values);
    return loaded;
  };
  const first = await load();
  expect(first.ok).toBe(true);
  expect(JSON.stringify(await load())).toBe(JSON.stringify(first));
  // The matrix is kept, and the mistake that the list of courses brings is one of the matrix's.
  await writeFile(path.join(repository, 'courses.yaml'), '- { name: base, repo: "https://git.example/a" }\n');
  const mistaken = await load();
  expect(mistaken.ok).toBe(false);
  expect(JSON.stringify(await load())).toBe(JSON.stringify(mistaken));
  expect(JSON.stringify(await loadMatrix(repository, {}))).toBe(JSON.stringify(mistaken));
});
