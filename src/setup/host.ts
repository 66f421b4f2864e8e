/**
 * The little that this room asks of the machine it runs on, behind an interface, so that what is made
 * of the answers can be tested with the answers of other machines. Absent things are undefined.
 */
import { constants } from 'node:fs';
import { access, readdir, readFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { childEnvironment } from '../core/child-environment.ts';

export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userId: number;
  readonly nodeVersion: string;
  readText(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
  /** Standard output, whatever the exit code; undefined where the command cannot be run. */
  output(command: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** Free bytes of the file system that holds the path, or would hold it. */
  freeBytes(path: string): Promise<number | undefined>;
}

/** PATH with the folders of system programs, which a plain user's or a cron job's PATH leaves out. */
export function systemPath(env: Readonly<Record<string, string | undefined>>): string {
  return [env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin'].filter((part) => part).join(':');
}

/** The machine that this process runs on. */
export const localHost: Host = {
  env: process.env,
  userId: process.getuid?.() ?? -1,
  nodeVersion: process.versions.node,
  readText: (path) => readFile(path, 'utf8').catch(() => undefined),
  list: async (path) => {
    const names = await readdir(path).catch((): string[] => []);
    return names.toSorted((a, b) => (a < b ? -1 : 1));
  },
  exists: (path) =>
    access(path, constants.F_OK).then(
      () => true,
      () => false,
    ),
  output: async (command, args, signal) => {
    const result = await execa(command, args, {
      stdin: 'ignore',
      reject: false,
      cancelSignal: signal,
      env: childEnvironment(process.env, [], { LC_ALL: 'C', PATH: systemPath(process.env) }),
      extendEnv: false,
    });
    return result.exitCode === undefined ? undefined : result.stdout;
  },
  freeBytes,
};

async function freeBytes(path: string): Promise<number | undefined> {
  const stats = await statfs(path).catch(() => undefined);
  if (stats !== undefined) return stats.bavail * stats.bsize;
  const parent = dirname(path);
  return parent === path ? undefined : freeBytes(parent);
}

/** The text of each file in a folder whose name passes, with its path. */
export async function readFolder(
  host: Host,
  folder: string,
  accept: (name: string) => boolean,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const paths = (await host.list(folder)).filter((name) => accept(name)).map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => host.readText(path)));
  return paths.flatMap((path, index) => {
    const text = texts[index];
    return text === undefined ? [] : [{ path, text }];
  });
}
