/**
 * The table of a corpus: images, and the clauses at which the judge has to refuse each. Reads and checks it;
 * docs/testing.md describes the format for those who bring a table of their own.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { profiles } from '../../src/smoke/verdict.ts';

const clauseId = z.string().regex(/^[A-Z]\d+[a-z]?$/);

const rowSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
    /** For people: the one thing that is wrong, or odd. */
    about: z.string().min(1),
    profile: z.enum(profiles).default('singleuser'),
    tier: z.enum(['gate', 'deep']).default('gate'),
    /** Every one of these fails. None: the image passes. */
    fails: z.array(clauseId).default([]),
    /** What fails is a remark: the image is let through. */
    remark: z.boolean().default(false),
    /** Words that its failure at a clause has to tell, in the evidence or in the advice. */
    says: z.record(clauseId, z.string().min(1)).default({}),
    /** What may fail besides, each with the reason why that is no fault of the judge's. */
    consequences: z.record(clauseId, z.string().min(1)).default({}),
    /** Exactly one of the three says what the image is. `from` and `recipe` go together. */
    recipe: z.string().optional(),
    dockerfile: z.string().optional(),
    image: z.string().optional(),
    /** Image of the reference family that the recipe's lines stand on. */
    from: z.string().default('base'),
    /** Without docker-stacks' commands, so that there is one start less to be judged: the row is about something else. */
    bare: z.boolean().default(false),
    /** Held to its profile's own clauses alone, not to those of every user's server: the row is about something else. */
    alone: z.boolean().default(false),
    /** The processor that the image says it is made for, where that is not this machine's. */
    architecture: z.string().optional(),
    /** The judge waits for something that does not come, and the image does nothing meanwhile. */
    waits: z.boolean().default(false),
    /** As in matrix.yaml, in bytes. */
    maxSize: z.int().positive().optional(),
    memory: z.int().positive().optional(),
  })
  .refine(
    ({ recipe, dockerfile, image }) =>
      [recipe, dockerfile, image].filter((given) => given !== undefined).length === 1,
    'one of `recipe`, `dockerfile` and `image` is needed',
  )
  .refine(
    ({ fails, consequences }) => fails.length > 0 || Object.keys(consequences).length === 0,
    'an image that passes has no consequences',
  )
  .refine(({ recipe, bare }) => recipe !== undefined || !bare, 'only what a recipe stands on can be bare');

export type CorpusRow = z.infer<typeof rowSchema> & {
  /** Folder of the table: its Dockerfiles are relative to it. */
  readonly folder: string;
};

/** The rows of one table, YAML or JSON; throws where it is not one. */
export async function readTable(file: string): Promise<readonly CorpusRow[]> {
  const rows = z
    .array(rowSchema)
    .min(1)
    .parse(parse(await readFile(file, 'utf8')));
  const names = new Set(rows.map(({ name }) => name));
  if (names.size < rows.length) throw new Error(`${file} names an image twice`);
  return rows.map((row) => ({ ...row, folder: path.dirname(file) }));
}

/** The rows of all tables in a folder, in the order of the files' names. */
export async function readTables(folder: string): Promise<readonly CorpusRow[]> {
  const files = (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).toSorted();
  const tables = await Promise.all(files.map((name) => readTable(path.join(folder, name))));
  return tables.flat();
}
