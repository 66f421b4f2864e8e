/**
 * One night at a time in one repository: a second would throw away the bytes that the first compares. Nights on other
 * machines are not seen here; what they publish under one key agrees anyway (src/run/publish-stage.ts).
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { tryWriting } from '../adopt/try-writing.ts';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { livingProcess, processMark } from '../core/process-alive.ts';
import { err, ok, type Result } from '../core/result.ts';

/** SQLite's result code for a file that somebody else has locked (https://www.sqlite.org/rescode.html#busy). */
const BUSY = 5;

/**
 * Takes the night's turn in this folder; disposing gives it back. The lock is the system's, by way of SQLite: it falls
 * however the process ends, and holds between containers that share the folder. It has to stay one file: were it
 * removed, a second night could lock a new one while somebody still holds the old.
 */
export async function claimNight(folder: string): Promise<Result<Disposable, Diagnostic>> {
  const note = path.join(folder, 'process');
  const made = await tryWriting(folder, async () => mkdirSync(folder, { recursive: true }));
  if (!made.ok) return made;
  const locked = lock(path.join(folder, 'lock'), note);
  if (!locked.ok) return locked;
  const release = (): void => {
    rmSync(note, { force: true });
    locked.value.close();
  };
  const noted = await tryWriting(note, async () => writeFileSync(note, processMark()));
  if (noted.ok) return ok({ [Symbol.dispose]: release });
  release();
  return noted;
}

function lock(file: string, note: string): Result<DatabaseSync, Diagnostic> {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return ok(database);
  } catch (cause) {
    database?.close();
    // node:sqlite tells SQLite's own code and words beside its message.
    const { errcode, errstr } = cause as { errcode?: number; errstr?: string };
    if (errcode === undefined) throw cause;
    return err(errcode === BUSY ? otherNight(note) : cannotLock(file, errstr ?? ''));
  }
}

/** The note is for people: whose turn it is, the lock alone says. */
function otherNight(note: string): Diagnostic {
  const pid = livingProcess(textOf(note));
  return environmentError(
    'night-running',
    `another night is under way in this repository${pid === undefined ? '' : ` (process ${pid})`}`,
    'this one asked, built and moved nothing; wait for the other, or start them farther apart',
  );
}

function cannotLock(file: string, why: string): Diagnostic {
  return environmentError(
    'cannot-write',
    `\`${file}\` cannot be locked (${why})`,
    'it keeps two nights apart: let this user write it, on a file system that has locks',
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
