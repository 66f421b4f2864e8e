/**
 * What can be seen of an image without starting it: what it declares, its accounts, and what lies in its home. Looked
 * at through a container that is made and never started, so that nothing inside is needed. Judges nothing.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerState, FolderEntry } from '../engine/container.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { isEngineTrouble } from './engine-trouble.ts';

export interface ImageLook {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  /** As the image says it; empty means root. */
  readonly user: string;
  /** STOPSIGNAL as written; empty means SIGTERM. */
  readonly stopSignal: string;
  /** Where the hub mounts the user's volume. */
  readonly home: string;
  /** What the image has in its home, where a volume will hide it. */
  readonly homeEntries: readonly FolderEntry[];
  readonly hasShell: boolean;
  /** The text of a file of the image, up to 256 KiB; undefined where there is none to read. Read once. */
  readFile(path: string, signal: AbortSignal): Promise<Result<string | undefined, EngineError>>;
}

/** z2jh's `singleuser.storage.homeMountPath`. */
const usualHome = '/home/jovyan';
const userId = 1000;
const maxFileBytes = 256 * 1024;
/** Of an archive of the home; what lies beyond is not told. */
const maxHomeBytes = 64 * 1024 ** 2;

/** Looks at an image. Only engine trouble is an error. */
export async function lookAtImage(
  bench: Bench,
  image: string,
  signal: AbortSignal,
): Promise<Result<ImageLook, EngineError>> {
  const made = await makeUnstarted(bench, image, signal);
  if (!made.ok) return made;
  const { id, config, labels } = made.value;
  const files = new Map<string, Promise<Result<string | undefined, EngineError>>>();
  const readOnce = async (
    path: string,
    own: AbortSignal,
  ): Promise<Result<string | undefined, EngineError>> => {
    const read = await bench.engine.readFile(id, path, maxFileBytes, own);
    if (read.ok) return ok(read.value.toString('utf8'));
    return isEngineTrouble(read.error) ? read : ok(undefined);
  };
  const readFile: ImageLook['readFile'] = (path, own) => {
    const known = files.get(path) ?? readOnce(path, own);
    files.set(path, known);
    return known;
  };
  const env = new Map(config.env.map((line) => splitAtFirst(line)));
  const [passwd, shell] = await Promise.all([
    readFile('/etc/passwd', signal),
    bench.engine.fileMode(id, '/bin/sh', signal),
  ]);
  if (!passwd.ok) return passwd;
  const home = homeOf(env.get('HOME'), passwd.value ?? '');
  const listed = await bench.engine.listFolder(id, home, maxHomeBytes, signal);
  if (!listed.ok && isEngineTrouble(listed.error)) return listed;
  return ok({
    entrypoint: config.entrypoint,
    cmd: config.cmd,
    env,
    labels,
    user: config.user,
    stopSignal: config.stopSignal,
    home,
    homeEntries: listed.ok ? listed.value : [],
    hasShell: shell.ok,
    readFile,
  });
}

/** The image's home: its own HOME, else the home of user 1000 in its passwd file, else z2jh's usual one. */
export function homeOf(declared: string | undefined, passwd: string): string {
  if (declared !== undefined && declared !== homeInPasswd(passwd, 0) && isUsable(declared)) return declared;
  const ofUser = homeInPasswd(passwd, userId);
  return ofUser !== undefined && isUsable(ofUser) ? ofUser : usualHome;
}

/** An image with neither ENTRYPOINT nor CMD makes no container unless it is told what to run. */
export async function makeUnstarted(
  bench: Bench,
  image: string,
  signal: AbortSignal,
): Promise<Result<Pick<ContainerState, 'id' | 'config' | 'labels'>, EngineError>> {
  const spec = { image, env: {}, mounts: [], network: 'none' };
  const plain = await bench.container(spec, signal);
  const silent = !plain.ok && /no command specified/i.test(plain.error.message);
  const made = silent ? await bench.container({ ...spec, cmd: ['none'] }, signal) : plain;
  if (!made.ok) return made;
  const state = await bench.engine.inspectContainer(made.value, signal);
  if (!state.ok) return state;
  const { config, labels } = state.value;
  return ok({ id: made.value, config: silent ? { ...config, cmd: [] } : config, labels });
}

function splitAtFirst(line: string): readonly [string, string] {
  const equals = line.indexOf('=');
  return equals === -1 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)];
}

function homeInPasswd(passwd: string, uid: number): string | undefined {
  for (const line of passwd.split('\n')) {
    const fields = line.split(':');
    if (fields[2] === String(uid)) return fields[5];
  }
  return undefined;
}

/** A home that is the whole file system, or root's, cannot be mounted over. */
function isUsable(path: string): boolean {
  return /^\/[\w.@+-]+(\/[\w.@+-]+)*$/.test(path) && !path.split('/').includes('..') && path !== '/root';
}
