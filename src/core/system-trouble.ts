/** What the system refused while something was written: a matter of rights and room, not of this program. Pure. */
import { environmentError, type Diagnostic } from './diagnostic.ts';

const room = 'make room there, or use another place';
const rights = 'let this user write there, or work in a copy of the repository';

/** What to do, by the system's code. Where a way has no writable folder above it, `mkdir` says ENOENT. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: rights,
  EDQUOT: room,
  ENOENT: rights,
  ENOSPC: room,
  ENOTDIR: 'something that is no folder is in its way: put it aside',
  EPERM: rights,
  EROFS: rights,
};

/** A place that could not be written, by the system's code for why. */
export function cannotWrite(place: string, code: string): Diagnostic {
  return environmentError('cannot-write', `\`${place}\` cannot be written (${code})`, remedies[code]);
}

const writes: ReadonlySet<string> = new Set([
  'mkdir',
  'open',
  'rename',
  'write',
  'symlink',
  'link',
  'unlink',
]);

/** What was thrown, where it is no bug; a file that is not there is one, for whoever opens it looks first. */
export function writingRefused(error: unknown): Diagnostic | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  const [code, syscall] = [String(error.code), String(error.syscall)];
  if (remedies[code] === undefined || !writes.has(syscall)) return undefined;
  if (code === 'ENOENT' && syscall !== 'mkdir') return undefined;
  return cannotWrite('path' in error ? String(error.path) : 'a file', code);
}
