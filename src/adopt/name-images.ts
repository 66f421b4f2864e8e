/**
 * Names images after the folders that their Dockerfiles lie in. Pure text.
 */
import path from 'node:path';
import { isImageName } from '../matrix/check.ts';

/** Folders that only hold a Dockerfile, and say nothing of what it makes. */
const holders = /^(?:\.?docker|dockerfiles?|images?|containers?|build|src|latest|\.)$/i;
/** Folders that name one of several makes of the image that the folder above names. */
const variant = /^(?:cpu|gpu|cuda|rocm|dev|prod|slim|full|alpine|debian|ubuntu|amd64|arm64|v?\d)[\w.-]*$/i;

/**
 * A name for each path of a Dockerfile; names are distinct and fit for a definition. `top` names what lies in the
 * root itself. A variant in a sub-folder is called after both: `pytorch-notebook/cuda12` is `pytorch-notebook-cuda12`.
 */
export function nameImages(paths: readonly string[], top: string): ReadonlyMap<string, string> {
  const folders = new Set(paths.filter((each) => isPlain(each)).map((each) => path.posix.dirname(each)));
  const wanted = paths.map((each) => ({ path: each, words: wordsOf(each, folders, top) }));
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { path: file, words } of wanted) {
    const name = freeName(file, words, wanted, taken);
    taken.add(name);
    names.set(file, name);
  }
  return names;
}

function isPlain(file: string): boolean {
  return /^(?:docker|container)file$/i.test(path.posix.basename(file));
}

/** What the name is made of: the last word alone where that is enough. */
function wordsOf(file: string, folders: ReadonlySet<string>, top: string): readonly string[] {
  const folder = path.posix.dirname(file);
  const suffix = path.posix
    .basename(file)
    .replace(/\.?(?:docker|container)file[._-]?/i, '')
    .replaceAll('.', '-');
  const own = folderWords(folder, folders, top);
  if (suffix === '') return own;
  const belongs =
    folders.has(folder) ||
    (/^(?:docker|container)file[._-]/i.test(path.posix.basename(file)) &&
      !holders.test(path.posix.basename(folder)));
  return belongs ? [...own, suffix] : [suffix];
}

function folderWords(folder: string, folders: ReadonlySet<string>, top: string): readonly string[] {
  const last = path.posix.basename(folder);
  const above = path.posix.dirname(folder);
  if (folder === '.') return [top];
  if (holders.test(last)) return folderWords(above, folders, top);
  // The nearest folder above with a Dockerfile of its own names the image that this is a variant of.
  for (let parent = above; parent !== '.'; parent = path.posix.dirname(parent)) {
    if (folders.has(parent)) {
      return [...folderWords(parent, folders, top), ...folder.slice(parent.length + 1).split('/')];
    }
  }
  return variant.test(last) && above !== '.' ? [...folderWords(above, folders, top), last] : [last];
}

/** The words' name; where several want it, with the folders above, then with a number. */
function freeName(
  file: string,
  words: readonly string[],
  wanted: readonly { readonly path: string; readonly words: readonly string[] }[],
  taken: ReadonlySet<string>,
): string {
  const short = asName(words);
  const isAlone = wanted.filter((each) => asName(each.words) === short).length === 1;
  const long = asName(
    [path.posix.dirname(path.posix.dirname(file)), ...words].filter((word) => word !== '.'),
  );
  const name = isAlone ? short : long;
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${name}-${number}`)) return `${name}-${number}`;
  }
}

function asName(words: readonly string[]): string {
  const name = words
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
    .replace(/-+$/, '');
  // `default` is the group that a command without names takes.
  if (name === 'default') return 'default-image';
  return isImageName(name) ? name : 'image';
}
