/**
 * Chooses the folder that a Dockerfile was meant to be built in: its own, unless what it copies lies only in one
 * above it. Asks whether files exist, and reads none.
 */
import path from 'node:path';
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';
import { splitWords } from '../graph/shell-word.ts';

export interface ChosenContext {
  /** Relative to the root, `.` for the root itself. */
  readonly context: string;
  /** What the Dockerfile copies and the folder lacks. */
  readonly missing: readonly string[];
}

/** The folder that builds are given, else the nearest from the Dockerfile's own up to the root that has the most of what is copied. */
export async function chooseContext(
  dockerfile: ParsedDockerfile,
  exists: (file: string) => Promise<boolean>,
  given?: string,
): Promise<ChosenContext> {
  const sources = copiedSources(dockerfile);
  let best: ChosenContext | undefined;
  const upward = foldersUpward(path.posix.dirname(dockerfile.file));
  const isThere = given !== undefined && (given === '.' || (await exists(given)));
  for (const context of isThere ? [given] : upward) {
    const found = await Promise.all(sources.map((source) => exists(path.posix.join(context, source))));
    const missing = sources.filter((_, index) => found[index] !== true);
    if (best === undefined || missing.length < best.missing.length) best = { context, missing };
    if (missing.length === 0) break;
  }
  return best ?? { context: '.', missing: [] };
}

function foldersUpward(folder: string): readonly string[] {
  return folder === '.' ? ['.'] : [folder, ...foldersUpward(path.posix.dirname(folder))];
}

/**
 * Paths within the context that COPY, ADD and bind mounts take, of patterns the folder before the first one.
 * Left out: what comes from other images, the network or a heredoc, and what holds a variable.
 */
export function copiedSources(dockerfile: ParsedDockerfile): readonly string[] {
  const written = dockerfile.instructions.flatMap(({ keyword, text, stage }) => {
    if (stage === undefined) return [];
    if (keyword === 'RUN') return bindSources(text);
    return keyword === 'COPY' || keyword === 'ADD'
      ? copySources(text.slice(keyword.length), dockerfile.escape)
      : [];
  });
  const inside = written
    .filter((source) => !source.includes('$') && !/^(?:<<|[a-z]+:\/\/|git@)/i.test(source))
    // The builder takes no step above the context: `../x` is `x`.
    .map((source) =>
      path.posix
        .normalize(`/${source.replace(/\/?[^/]*[*?[].*$/, '')}`)
        .slice(1)
        .replace(/\/$/, ''),
    )
    .filter((source) => source !== '');
  return [...new Set(inside)];
}

function copySources(text: string, escape: string): readonly string[] {
  const words = splitWords(text.trim(), escape) ?? [];
  const rest = words.filter((word) => !word.startsWith('--'));
  if (words.some((word) => word.startsWith('--from='))) return [];
  const list = rest.join(' ');
  const paths = list.startsWith('[')
    ? jsonWords(list)
    : rest.map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
  return paths.slice(0, -1);
}

function jsonWords(text: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? words.filter((word) => typeof word === 'string') : [];
  } catch {
    // The builder takes what is no JSON for plain words; a name in brackets is no file of anybody's.
    return [];
  }
}

function bindSources(text: string): readonly string[] {
  return [...text.matchAll(/--mount=(\S+)/g)].flatMap((match) => {
    const fields = new Map((match[1] ?? '').split(',').map((field) => splitField(field)));
    const isBind = (fields.get('type') ?? 'bind') === 'bind' && !fields.has('from');
    const source = fields.get('source') ?? fields.get('src');
    return isBind && source !== undefined ? [source] : [];
  });
}

function splitField(field: string): readonly [string, string] {
  const at = field.indexOf('=');
  const value = field.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2');
  return at < 0 ? [field, ''] : [field.slice(0, at).toLowerCase(), value];
}
