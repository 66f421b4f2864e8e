/** Which written references mean images of the same tree. */
import { describe, expect, it } from 'vitest';
import { linkImages, type Links } from '../../../src/adopt/link-images.ts';
import { parseReference } from '../../../registry/reference.ts';

/** Images by name, each with what its Dockerfile says in FROM lines. */
function link(images: Readonly<Record<string, readonly string[]>>): Links {
  return linkImages(
    Object.entries(images).map(([name, texts]) => ({
      name,
      folder: name,
      madeUp: texts.filter((text) => text.startsWith('registry.local/')),
      references: texts.map((text) => {
        const reference = parseReference(text);
        if (reference.kind !== 'reference') throw new Error(reference.message);
        return { text, reference };
      }),
    })),
  );
}

const targets = (links: Links): Readonly<Record<string, string>> => Object.fromEntries(links.targets);

describe('a reference means an image of the tree', () => {
  it.each([
    ['by its last word', 'quay.io/jupyter/base', 'base'],
    ['with a version', 'gcr.io/proj/base:v1', 'base'],
    ['by its name alone', 'base', 'base'],
    ['by the tag in one repository for all', 'gcr.io/proj/kit:base-v1', 'base'],
    ['in its variant', 'gcr.io/proj/torch:cuda12-2024', 'torch-cuda12'],
  ])('%s', (_, text, name) => {
    const links = link({
      base: ['debian:13'],
      torch: ['debian:13'],
      'torch-cuda12': ['debian:13'],
      x: [text],
    });
    expect(targets(links)).toEqual({ [text]: name });
    expect(links.provides.get(name)).toEqual(text === name ? undefined : [text]);
    expect(links.outside).toEqual(['debian:13']);
  });
});

describe('a reference stays outside', () => {
  it('with a digest: who pins bytes wants these', () => {
    const text = `gcr.io/proj/base@sha256:${'a'.repeat(64)}`;
    expect(link({ base: [], x: [text] }).outside).toEqual([text]);
  });

  it('where the image of that name draws on it itself', () => {
    const links = link({ nginx: ['nginx:1.29'], web: ['nginx:1.30'] });
    expect(links.outside).toEqual(['nginx:1.29', 'nginx:1.30']);
  });

  it('though an image draws on an older version of itself, only in that version', () => {
    const links = link({ base: ['gcr.io/proj/base:v0'], x: ['gcr.io/proj/base:v1'] });
    expect(targets(links)).toEqual({ 'gcr.io/proj/base:v1': 'base' });
    expect(links.outside).toEqual(['gcr.io/proj/base:v0']);
  });

  it('under somebody else’s prefix, with a remark', () => {
    const links = link({
      base: [],
      lab: ['gcr.io/proj/base'],
      x: ['gcr.io/proj/lab'],
      y: ['other.io/z/base'],
    });
    expect(targets(links)).toEqual({ 'gcr.io/proj/base': 'base', 'gcr.io/proj/lab': 'lab' });
    expect(links.published).toEqual({ place: 'gcr.io/proj', shared: false });
    expect(links.remarks).toEqual([
      expect.stringContaining('`other.io/z/base` is taken for an image from outside'),
    ]);
  });

  it('with a tag that fewer use, with a remark', () => {
    const links = link({ base: [], x: ['r.io/p/base:v2'], y: ['r.io/p/base:v2'], z: ['r.io/p/base:v1'] });
    expect(targets(links)).toEqual({ 'r.io/p/base:v2': 'base' });
    expect(links.remarks).toEqual([expect.stringContaining('`r.io/p/base:v1` is taken for an older image')]);
  });
});

it('links names that were made up beside those that were published', () => {
  const links = link({ base: [], x: ['registry.local/family:base-latest'], y: ['r.io/p/kit:base-v1'] });
  expect(links.outside).toEqual([]);
  expect(links.published).toEqual({ place: 'r.io/p/kit', shared: true });
  expect(links.remarks).toEqual([]);
});

it('takes no tag and `latest` for the same', () => {
  const links = link({ base: [], x: ['r.io/p/base'], y: ['r.io/p/base:latest'] });
  expect(links.provides.get('base')).toEqual(['r.io/p/base', 'r.io/p/base:latest']);
  expect(links.remarks).toEqual([]);
});

describe('images of several versions side by side', () => {
  const calc = { 'calc-1-0-0': ['debian:12'], 'calc-2-0-0': ['debian:13'] };

  it('are meant by repository and tag', () => {
    const links = link({
      ...calc,
      'draw-1-0-0': ['r.io/lab/calc:1.0.0'],
      'draw-2-0-0': ['r.io/lab/calc:2.0.0'],
      local: ['calc:2.0.0'],
    });
    expect(targets(links)).toEqual({
      'r.io/lab/calc:1.0.0': 'calc-1-0-0',
      'r.io/lab/calc:2.0.0': 'calc-2-0-0',
    });
    expect(links.provides.get('calc-1-0-0')).toEqual(['r.io/lab/calc:1.0.0']);
    expect(links.published).toEqual({ place: 'r.io/lab', shared: false });
    expect(links.remarks).toEqual([
      expect.stringContaining('`calc:2.0.0` is taken for an image from outside'),
    ]);
  });

  it('are meant so beside one without a version', () => {
    const links = link({ ...calc, calc: ['debian:13'], x: ['r.io/lab/calc:2.0.0'], y: ['r.io/lab/calc'] });
    expect(targets(links)).toEqual({ 'r.io/lab/calc:2.0.0': 'calc-2-0-0', 'r.io/lab/calc': 'calc' });
    expect(links.remarks).toEqual([]);
  });
});

describe('a reference that only resembles an image of the tree stays outside, with a remark', () => {
  it.each([
    ['in another version', 'r.io/lab/calc:3.0.0', 'calc-2-0-0'],
    ['in other characters', 'r.io/lab/two_words:v1', 'two-words'],
    ['with the owner’s name in front', 'r.io/lab/lab-shell:v1', 'shell'],
  ])('%s', (_, text, name) => {
    const links = link({ [name]: ['debian:13'], x: [text] });
    expect(links.outside).toEqual(['debian:13', text]);
    expect(links.remarks).toEqual([
      `\`${text}\` is taken for an image from outside, though it resembles \`${name}\`; ` +
        `if that is meant, add \`provides: ["${text}"]\` to \`${name}\``,
    ]);
  });

  it('but not where the image itself draws on it, or somebody pins bytes, or Docker’s library has it', () => {
    const pinned = `r.io/lab/calc@sha256:${'b'.repeat(64)}`;
    const links = link({
      'calc-2': ['r.io/lab/calc:2.0'],
      x: [pinned],
      'python-course': ['debian:13'],
      y: ['python:3.12'],
    });
    expect(links.outside).toEqual(['r.io/lab/calc:2.0', pinned, 'debian:13', 'python:3.12']);
    expect(links.remarks).toEqual([]);
  });
});
