/**
 * The shapes of matrix.yaml and courses.yaml as JSON Schema, for editors. What a shape cannot say (names that have to
 * exist, paths, templates) only the checks of this room tell.
 */
import { z } from 'zod';
import { coursesSchema, matrixSchema } from './schema.ts';

/** The files that editors read, by name, with their texts: generated, committed, and held equal by a test. */
export function jsonSchemaFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['matrix.schema.json', textOf(matrixSchema, 'matrix.yaml: which images exist')],
    ['courses.schema.json', textOf(coursesSchema, 'courses.yaml: the courses that images are made for')],
  ]);
}

function textOf(schema: z.ZodType, title: string): string {
  // The draft that editors' YAML servers know best.
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
