/**
 * Finds the Dockerfiles of a tree that somebody already has, and reads them. Follows no symbolic link, and passes
 * over folders that tools fill. Knows nothing of images.
 */
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { parseDockerfile } from '../graph/dockerfile.ts';
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';
import { usageError } from '../matrix/usage-error.ts';

/** A Dockerfile; its path is relative to the future matrix.yaml's folder, with forward slashes. */
export interface FoundDockerfile {
  readonly path: string;
  readonly content:
    | { readonly kind: 'read'; readonly dockerfile: ParsedDockerfile }
    | { readonly kind: 'not-understood'; readonly errors: readonly Diagnostic[] };
}

const skipped = new Set(['node_modules', '__pycache__', 'venv', 'site-packages']);
/** Deeper than any tree that a person keeps. */
const deepest = 16;
/** Longer than any Dockerfile that a person wrote. */
export const longest = 1024 * 1024;

/** Where to look for Dockerfiles. */
export interface Search {
  readonly root: string;
  /** The folder, relative to it. */
  readonly below: string;
  /** Files that builds name: they count by any name, and in hidden folders too. */
  readonly named: readonly string[];
}

/** All Dockerfiles at or below a folder, by path in code-unit order. */
export async function findDockerfiles(
  { root, below, named }: Search,
  signal: AbortSignal,
): Promise<readonly FoundDockerfile[]> {
  const walked = await filesBelow(root, below, isDockerfile, signal);
  const within = named.filter((each) => below === '.' || each.startsWith(`${below}/`));
  const isFile = await Promise.all(within.map((each) => isPlainFile(path.join(root, each))));
  const paths = new Set([...walked, ...within.filter((_, index) => isFile[index] === true)]);
  return await Promise.all(
    [...paths].toSorted((a, b) => (a < b ? -1 : 1)).map((each) => read(root, each, signal)),
  );
}

async function isPlainFile(file: string): Promise<boolean> {
  const entry = await lstat(file).catch(() => undefined);
  return entry?.isFile() === true;
}

/** Files at or below `below` whose names are wanted, in code-unit order. */
export async function filesBelow(
  root: string,
  below: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const paths = await walk({ root, wanted, signal }, below === '.' ? '' : below, deepest);
  return paths.toSorted((a, b) => (a < b ? -1 : 1));
}

interface Walk {
  readonly root: string;
  readonly wanted: (name: string) => boolean;
  readonly signal: AbortSignal;
}

async function walk(all: Walk, folder: string, depth: number): Promise<readonly string[]> {
  const { root, wanted, signal } = all;
  signal.throwIfAborted();
  // A folder that may not be read has nothing to be adopted.
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const inside = path.posix.join(folder, entry.name);
    if (entry.isFile() && wanted(entry.name)) found.push(inside);
    const isOpen = entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name);
    if (isOpen && depth > 0) found.push(...(await walk(all, inside, depth - 1)));
  }
  return found;
}

/**
 * `Dockerfile`, `Containerfile`, `Dockerfile.gpu`, `gpu.Dockerfile`, `Dockerfile_gpu_1.2`; not their ignore files and
 * left-overs of editors.
 */
export function isDockerfile(name: string): boolean {
  return (
    (/^(?:[^.].*\.)?(?:docker|container)file(?:\.[\w-]+)?$/i.test(name) ||
      // Programs begin so too, in small letters (`dockerfile_parser.py`); a version may hold dots, a file's type not.
      /^(?:Docker|Container)file[_-][\w-]+(?:\.\d[\w-]*)*$/.test(name)) &&
    !/\.(?:dockerignore|bak|orig|md|txt|j2|tmpl)$/i.test(name)
  );
}

async function read(root: string, file: string, signal: AbortSignal): Promise<FoundDockerfile> {
  const bytes = await readFile(path.join(root, file), { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  });
  if (typeof bytes === 'string' || bytes.length > longest) {
    const why = typeof bytes === 'string' ? bytes : 'it is too long for a Dockerfile';
    const error = usageError('unreadable-dockerfile', `\`${file}\` cannot be read: ${why}`, undefined);
    return { path: file, content: { kind: 'not-understood', errors: [error] } };
  }
  const text = bytes.toString('utf8');
  const parsed = parseDockerfile(text, file);
  if (parsed.ok) return { path: file, content: { kind: 'read', dockerfile: parsed.value } };
  const errors = isFragment(text, parsed.error) ? [fragment(file)] : parsed.error;
  return { path: file, content: { kind: 'not-understood', errors } };
}

/** True for what only lacks a FROM: some projects join such files into a Dockerfile. */
function isFragment(text: string, errors: readonly Diagnostic[]): boolean {
  return (
    errors.every(({ code }) => code === 'no-from' || code === 'instruction-before-from') &&
    !/^[ \t]*FROM\b/im.test(text)
  );
}

function fragment(file: string): Diagnostic {
  return usageError(
    'fragment',
    `\`${file}\` has no FROM: it is a fragment, and no image by itself`,
    undefined,
    {
      help: 'adopt the Dockerfile that it is joined into',
    },
  );
}
