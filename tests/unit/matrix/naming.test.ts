import { describe, expect, test } from 'vitest';
import { publishedReference, publishedRepository, renderTags } from '../../../src/matrix/naming.ts';

const perImage = { prefix: 'localhost:5000/hub', naming: 'repository-per-image' } as const;
const single = { prefix: 'registry.example.org/hub', naming: 'single-repository' } as const;

describe('the published name', () => {
  test('is a repository for each image', () => {
    expect(publishedRepository(perImage, 'base')).toBe('localhost:5000/hub/base');
    expect(publishedReference(perImage, 'base', 'latest')).toBe('localhost:5000/hub/base:latest');
  });

  test('is a tag that begins with the image where one repository holds all', () => {
    expect(publishedRepository(single, 'base')).toBe('registry.example.org/hub');
    expect(publishedReference(single, 'base', 'latest')).toBe('registry.example.org/hub:base-latest');
  });
});

describe('tags', () => {
  const values = { date: '2026-11-20', key: '0123456789abcdef'.repeat(4), name: 'base' };

  test('are filled in, the key shortened to 12 digits, each once', () => {
    expect(renderTags(['latest', '{date}-{key}', '{name}.{date}', 'latest'], values)).toEqual([
      'latest',
      '2026-11-20-0123456789ab',
      'base.2026-11-20',
    ]);
  });

  test('that are none are a bug, for the templates were checked', () => {
    expect(() => renderTags(['{nme}'], values)).toThrow('not a tag: {nme}');
  });
});
