/**
 * Which revision of its git repository a family was built from, and what in it was not committed. Asks git, which gets
 * no more of the environment than it needs and runs no program that the repository names.
 */
import { execa } from 'execa';
import { childEnvironment } from '../core/child-environment.ts';
import type { Image } from '../matrix/image-set.ts';
import { isOwnFile } from '../plan/list-contexts.ts';

export interface Source {
  /** 40 hexadecimal digits (64 in a SHA-256 repository). */
  readonly commit: string;
  /** Where it was cloned from, without login; undefined where that is not told, or a path of this machine. */
  readonly origin: string | undefined;
  /** Paths relative to the family's folder that differ from that revision; of a new folder its own path and a slash. What runs write is left out. */
  readonly changed: readonly string[];
}

const timeoutMs = 60_000;

/** The revision at `directory`; undefined where there is no git repository, or git does not tell. */
export async function readSource(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Source | undefined> {
  const git = async (...args: readonly string[]): Promise<string | undefined> => {
    const result = await execa('git', ['-c', 'core.fsmonitor=false', ...args], {
      cwd: directory,
      env: childEnvironment(env, [], { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' }),
      extendEnv: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      reject: false,
      timeout: timeoutMs,
      cancelSignal: signal,
    });
    return result.failed ? undefined : result.stdout;
  };
  const head = await git('rev-parse', 'HEAD', '--show-prefix');
  const [commit, prefix = ''] = head?.split('\n') ?? [];
  if (commit === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return undefined;
  const [status, origin] = await Promise.all([
    git('status', '--porcelain=v1', '-z', '--untracked-files=normal', '--no-renames', '--', '.'),
    git('config', '--get', 'remote.origin.url'),
  ]);
  // What git does not tell is not called committed.
  if (status === undefined) return undefined;
  const changed = status
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.slice('XY '.length))
    .map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path))
    .filter((path) => !isOwnFile(path));
  return { commit, origin: publicAddress(origin?.trim()), changed };
}

/** An address without what is nobody's business: the user's name and password, and paths of this machine. */
export function publicAddress(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  const scp = /^(?:[^@/\s]+@)?([a-z0-9.-]+):(?!\/\/)(\S+)$/i.exec(address);
  if (scp !== null) return `ssh://${scp[1]}/${scp[2]?.replace(/^\/+/, '')}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol === 'file:') return undefined;
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * What the image was built from beyond what the revision holds. What lies in another image's folder alone is not this
 * one's matter; everything else that is not committed may be.
 */
export function uncommittedOf(source: Source, image: Image, others: readonly Image[]): readonly string[] {
  const own = placesOf(image);
  const foreign = others.flatMap(placesOf);
  return source.changed.filter(
    (path) => own.some((place) => meets(path, place)) || !foreign.some((place) => contains(place, path)),
  );
}

function placesOf({ context, dockerfile }: Image): readonly string[] {
  return [dockerfile, ...(context === undefined ? [] : [context])];
}

function meets(path: string, place: string): boolean {
  return contains(place, path) || contains(path.replace(/\/$/, ''), place);
}

function contains(folder: string, path: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}
