/**
 * Names images after the folders that their Dockerfiles lie in. Pure text.
 */
import path from 'node:path';
import { isImageName } from '../matrix/check.ts';

/** Folders that only hold a Dockerfile, and say nothing of what it makes. */
const holders = /^(?:\.?docker|dockerfiles?|images?|containers?|build|src|latest|default|\.)$/i;
/** A word that tells one of several makes of an image from the others; all words of such a name are of this kind. */
const variantWord =
  /^(?:(?:cpu|gpu|cuda|cudnn|rocm|alpine|debian|ubuntu|rc|beta|alpha|py|python|r|v)?\d\w*|cpu|gpu|cuda|cudnn|rocm|dev|devel|prod|slim|full|alpine|debian|ubuntu|jammy|noble|bullseye|bookworm|trixie|amd64|arm64)$/i;

/** `cuda12-…`: the first word alone tells that it is a make of what the folder above is called. */
const acceleratorVersion = /^(?:cuda|cudnn|rocm)\d/i;

/** True for a word, or several, that only tell makes of one image apart: `gpu`, `4.2.0`, `slim-bookworm`. */
export function isVariant(name: string): boolean {
  return name.split(/[-_.]+/).every((word) => variantWord.test(word));
}

/**
 * A name for each path of a Dockerfile; names are distinct and fit for a definition. `top` names what lies in the
 * root itself. A variant in a sub-folder is called after both: `pytorch-notebook/cuda12` is `pytorch-notebook-cuda12`.
 */
export function nameImages(paths: readonly string[], top: string): ReadonlyMap<string, string> {
  const folders = new Set(paths.filter((each) => isPlain(each)).map((each) => path.posix.dirname(each)));
  const wanted = paths.map((each) => ({ path: each, names: namesFor(each, wordsOf(each, folders, top)) }));
  const wishes = Map.groupBy(
    wanted.flatMap((each) => each.names.map((name, level) => `${level} ${name}`)),
    (wish) => wish,
  );
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { path: file, names: all } of wanted) {
    const wish = all.find((name, level) => wishes.get(`${level} ${name}`)?.length === 1) ?? all.at(-1);
    const name = freeName(wish ?? 'image', taken);
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
  const base = path.posix.basename(file);
  const suffix = suffixOf(file);
  const own = folderWords(folder, folders, top);
  const isHeld = own.length === 1 && own[0] === top;
  if (suffix === '' || (holders.test(suffix) && !folders.has(folder) && !isHeld)) return own;
  const isOfFolder =
    isVariant(suffix) ||
    (/^(?:docker|container)file[._-]/i.test(base) && !holders.test(path.posix.basename(folder)));
  return folders.has(folder) || (isOfFolder && !isHeld) ? [...own, suffix] : [suffix];
}

/** What a Dockerfile is called beside being one: `gpu` of `gpu.Dockerfile` and of `Dockerfile.gpu`. */
function suffixOf(file: string): string {
  return path.posix.basename(file).replace(/\.?(?:docker|container)file[._-]?/i, '');
}

function folderWords(folder: string, folders: ReadonlySet<string>, top: string): readonly string[] {
  const last = path.posix.basename(folder);
  const above = path.posix.dirname(folder);
  if (folder === '.') return [top];
  const isHeld = path.posix
    .dirname(folder)
    .split('/')
    .every((each) => holders.test(each));
  // `default` alone still says more than nothing.
  if (holders.test(last) && !(isHeld && /^default$/i.test(last))) return folderWords(above, folders, top);
  // The nearest folder above with a Dockerfile of its own names the image that this is a variant of.
  for (let parent = above; parent !== '.'; parent = path.posix.dirname(parent)) {
    if (folders.has(parent)) {
      return [...folderWords(parent, folders, top), ...folder.slice(parent.length + 1).split('/')];
    }
  }
  return (isVariant(last) || acceleratorVersion.test(last)) && !isHeld
    ? [...folderWords(above, folders, top), last]
    : [last];
}

/** The words' name; where several want it, with the folders above that say something, then with all. */
function namesFor(file: string, words: readonly string[]): readonly string[] {
  const folder = path.posix.dirname(file);
  const telling = [...folder.split('/'), suffixOf(file)].filter((word) => word !== '' && !holders.test(word));
  const whole = [path.posix.dirname(folder), ...words].filter((word) => word !== '.');
  return [words, telling.length > 0 ? telling : whole, whole].map(asName);
}

function freeName(name: string, taken: ReadonlySet<string>): string {
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
