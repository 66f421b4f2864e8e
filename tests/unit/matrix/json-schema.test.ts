/** The JSON Schemas for editors: equal to what the files are checked against. `npm run schema` writes them anew. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { jsonSchemaFiles } from '../../../src/matrix/json-schema.ts';

const root = resolve(import.meta.dirname, '../../..');

test.each([...jsonSchemaFiles()])('%s is what `npm run schema` writes', async (file, text) => {
  await expect(text).toMatchFileSnapshot(resolve(root, file));
});

/** Paths of everything in a schema that an editor would show without a word. */
function undescribed(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties = 'properties' in schema && isRecord(schema.properties) ? schema.properties : {};
  const own = Object.entries(properties).flatMap(([name, each]) =>
    isRecord(each) && typeof each['description'] === 'string' ? [] : [`${path}.${name}`],
  );
  const inner = Object.entries(schema).flatMap(([key, each]) => undescribed(each, `${path}.${key}`));
  return [...own, ...inner];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

test.each([...jsonSchemaFiles()])('%s describes every key', (_, text) => {
  expect(undescribed(JSON.parse(text))).toEqual([]);
});
