/**
 * A repository of a user's in a temporary folder, on a real engine: its root is the rig's busybox, its images have
 * names of their own, and disposing removes all that came of them. Commands are run as a user runs them.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { RunEvent } from '../../src/core/event.ts';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { engineSocket, makeRootTar, patience, valueOf } from './engine.ts';
import type { Store } from './second-engine.ts';

const script = path.resolve(import.meta.dirname, '../../build.ts');

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way; it answers when it has ended, whatever its exit code. */
export interface Running extends PromiseLike<{
  readonly exitCode?: number;
  readonly stdout: string;
  readonly stderr: string;
}> {
  /** What it says while it runs. */
  readonly stderr: NodeJS.ReadableStream;
  kill(signal: NodeJS.Signals): boolean;
}

export interface Workspace extends AsyncDisposable {
  readonly directory: string;
  readonly engine: Engine;
  /** Begins every image's name. */
  readonly prefix: string;
  write(file: string, text: string): Promise<void>;
  read(file: string): Promise<string>;
  build(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult>;
  /** The same, still running. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Running;
  /** `build images --json` with these arguments, and the events that it told. */
  events(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<CommandResult & { readonly events: readonly RunEvent[] }>;
}

/** Text in which `{p}` stands for the workspace's prefix, so that tests read as a user's files do. */
export type Files = Readonly<Record<string, string>>;

/** An engine by its socket. A prefix of another workspace makes this one its twin: with the same files, the same keys. */
export interface Where {
  readonly socket?: string;
  readonly prefix?: string;
}

/** Writes the files (with `{p}` filled in) and makes the root `rig.example/{p}root:1` known to the engine. */
export async function workspace(files: Files, where: Store | Where = 'classic'): Promise<Workspace> {
  const given: Where = typeof where === 'string' ? {} : where;
  const prefix = given.prefix ?? `t${randomUUID().slice(0, 6)}-`;
  const directory = await mkdtemp(path.join(tmpdir(), 'hubwright-workspace-'));
  const socket = typeof where === 'string' ? await engineSocket(where) : given.socket;
  const engine = connectDocker(socket === undefined ? {} : { socket });
  const fill = (text: string): string => text.replaceAll('{p}', prefix);
  const tar = await makeRootTar(directory);
  const hex = createHash('sha256')
    .update(await readFile(tar))
    .digest('hex');
  const labels = { hubwright: prefix, 'hubwright.root': `${prefix}root` };
  valueOf(await engine.images.importTar(tar, `hubwright/root-${prefix}root:diff-${hex}`, labels, patience()));
  await rm(path.join(directory, 'root'), { recursive: true });
  await rm(tar);

  const write = async (file: string, text: string): Promise<void> => {
    const target = path.join(directory, fill(file));
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, fill(text));
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);

  const start: Workspace['start'] = (args, env = {}) =>
    execa(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args.map(fill)], {
      cwd: directory,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: directory,
        ...(socket === undefined ? {} : { DOCKER_HOST: `unix://${socket}` }),
        ...env,
      },
    });
  const build: Workspace['build'] = async (args, env) => {
    const { exitCode = -1, stdout, stderr } = await start(args, env);
    return { exitCode, stdout, stderr };
  };
  return {
    directory,
    engine,
    prefix,
    write,
    read: (file) => readFile(path.join(directory, fill(file)), 'utf8'),
    build,
    start,
    async events(args, env) {
      const result = await build(['images', '--json', ...args], env);
      // Our own events, from our own process, one a line.
      const events = result.stdout
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RunEvent]));
      return { ...result, events };
    },
    async [Symbol.asyncDispose]() {
      await removeImages(engine, prefix);
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A matrix.yaml for images of the kind `custom`, each with its own folder, on the workspace's root. */
export function matrixOf(names: readonly string[], more = ''): string {
  const images = names.map((name) => `  {p}${name}: { context: ${name}, kind: custom }`);
  return `${more}roots:\n  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }\nimages:\n${images.join('\n')}\n`;
}

/** An image that starts, says nothing and ends well. */
export const trivial = 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n';

async function removeImages(engine: Engine, prefix: string): Promise<void> {
  const images = valueOf(await engine.images.list({}, patience()));
  // What was pulled by its digest has no tag that would take it along.
  for (const reference of images.flatMap(({ tags, digests }) => [...tags, ...digests])) {
    if (reference.includes(prefix)) await engine.images.remove(reference, patience());
  }
}
