/**
 * Holds a file to its schema. The schemas and the library behind them take a fifth of a start with nothing to do, and
 * most starts read files that were held to them before: they are loaded with the first that was not, at once, since
 * who asks does not wait (as in yaml-library.ts).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { KeptValues } from './kept-values.ts';
import type * as Diagnostics from './schema-diagnostics.ts';
import type * as Schemas from './schema.ts';
import type { Course, MatrixPart } from './schema.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** What each schema reads. */
interface Contents {
  readonly wholeMatrixSchema: MatrixPart;
  readonly matrixSchema: MatrixPart;
  readonly coursesSchema: readonly Course[];
  readonly lockSchema: ReturnType<typeof Schemas.lockSchema.parse>;
}

/** The files that say what the schemas are; a test holds that they import nothing else but zod. */
export const schemaFiles = ['schema.ts', 'pool-schema.ts', 'image-set.ts'] as const;

/**
 * As `readSchema`, by the schema's name. A value that `values` knows to have the shape is its own content: the schemas
 * neither add nor change anything.
 */
export function readShape<Name extends keyof Contents>(
  name: Name,
  source: YamlSource,
  entryDepth: (path: YamlPath) => number,
  values?: KeptValues,
): Diagnostics.SchemaReading<Contents[Name]> {
  const { value } = source;
  const shape = values && `${name} ${schemaDigest()}`;
  if (shape !== undefined && values?.hasShape(value, shape) === true) {
    // A value is known to have a shape where the schema itself has said so.
    return { content: value as Contents[Name], diagnostics: [], dropped: [] };
  }
  const load = createRequire(import.meta.url);
  // What `require` answers has no type.
  const { readSchema } = load('./schema-diagnostics.ts') as typeof Diagnostics;
  const schemas = load('./schema.ts') as typeof Schemas;
  const reading = readSchema<unknown>(schemas[name], source, entryDepth);
  if (shape !== undefined && reading.diagnostics.length === 0)
    values?.learnShape(value, shape, reading.content);
  // By the table of contents.
  return reading as Diagnostics.SchemaReading<Contents[Name]>;
}

let digest: string | undefined;

/** Of what the schemas say: with one letter changed in them, nothing is known to have their shape. */
function schemaDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  for (const file of schemaFiles) hash.update(readFileSync(join(import.meta.dirname, file))).update('\0');
  return (digest = hash.digest('hex'));
}
