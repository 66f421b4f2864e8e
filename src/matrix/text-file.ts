/**
 * Reads a text file that a user wrote: a plain file, of a size that people write, in UTF-8. What is none of that is
 * told instead of waited for (a pipe), held in memory (a disk image), or quietly changed (another encoding).
 *
 * With synchronous calls: a thousand Dockerfiles take a third of the processor time that promises take, each of whose
 * calls goes to another thread and back.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

export type TextFile =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** `why` goes on after the file's name: `is not UTF-8`. */
  | { readonly kind: 'unreadable'; readonly why: string; readonly help: string };

/** Far more than families of ten thousand images need. */
export const maxYamlBytes = 4 * 1024 * 1024;
export const maxDockerfileBytes = 1024 * 1024;

const readers = {
  cut: new TextDecoder('utf-8', { fatal: true }),
  kept: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
};

/**
 * The text without a byte order mark, or as it is for who writes it again. Whatever is wrong with the file is an
 * answer.
 */
export function readTextFile(file: string, maxBytes: number, mark: 'cut' | 'kept' = 'cut'): TextFile {
  try {
    // A pipe that nobody writes to would keep us waiting.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) {
        const what = stats.isDirectory() ? 'a folder' : 'a pipe or device';
        return { kind: 'unreadable', why: `is ${what}, not a file`, help: 'put a file in its place' };
      }
      if (stats.size > maxBytes) return tooLarge(stats.size, maxBytes);
      return { kind: 'text', text: readers[mark].decode(readFileSync(descriptor)) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return ofError(code);
  }
}

function ofError(code: string): TextFile {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'missing' };
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return { kind: 'unreadable', why: 'is not UTF-8', help: 'save it as UTF-8' };
    case 'ENXIO':
      return { kind: 'unreadable', why: 'is a socket, not a file', help: 'put a file in its place' };
    case 'ELOOP':
      return {
        kind: 'unreadable',
        why: 'is a symbolic link that leads back to itself',
        help: 'put the file in its place, or a link that ends at one',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        kind: 'unreadable',
        why: 'cannot be read: its permissions do not allow it',
        help: 'make it readable for the user who runs this',
      };
    default:
      return { kind: 'unreadable', why: `cannot be read (${code})`, help: 'look at its disk' };
  }
}

function tooLarge(size: number, maxBytes: number): TextFile {
  const megabytes = (size / 1_000_000).toFixed(1);
  return {
    kind: 'unreadable',
    why: `is too large: ${megabytes} MB`,
    help: `at most ${maxBytes / 1024} KiB are read; is it the file that you mean?`,
  };
}
