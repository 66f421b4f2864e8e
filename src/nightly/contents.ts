/**
 * Reads what an image holds: its packages, its files and its configuration in normal form. The engine's export streams
 * by and is hashed; of a gigabyte nothing stays but a line a file.
 */
import { createHash } from 'node:crypto';
import { ownerLabel } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Engine, EngineError, ImageDetails } from '../engine/engine.ts';
import type { TreeEntry } from '../engine/tree.ts';
import {
  isPassing,
  isPassingLabel,
  normalText,
  packageOfMetadata,
  packagesOfDpkg,
  textRoleOf,
  type Package,
  type TextRole,
} from './normal-form.ts';

/** What an image holds. */
export interface Contents {
  /** Versions by package URL; several of one package stand in one text, in order. */
  readonly packages: ReadonlyMap<string, string>;
  /** By path: kind, permissions, owner and what it holds. */
  readonly files: ReadonlyMap<string, string>;
  /** By what it is called: `user`, `env PATH`, `label maintainer`. */
  readonly config: ReadonlyMap<string, string>;
}

/** A package database beyond this is none. */
const largestText = 64 * 1024 * 1024;

const patienceMs = 30_000;

/** Reads the image that the engine has under this reference or ID. Makes a container with this owner, never starts it, and removes it. */
export async function readContents(
  engine: Engine,
  image: string,
  owner: string,
  signal: AbortSignal,
): Promise<Result<Contents, EngineError>> {
  const details = await engine.images.inspect(image, signal);
  if (!details.ok) return details;
  const spec = { image, cmd: ['none'], env: {}, labels: { [ownerLabel]: owner }, mounts: [] };
  const container = await engine.createContainer(spec, signal);
  if (!container.ok) return container;
  const tree = new Tree();
  const read = await engine.readTree(container.value, (entry, content) => tree.add(entry, content), signal);
  await engine.removeContainer(container.value, AbortSignal.timeout(patienceMs));
  if (!read.ok) return err(read.error);
  return ok({ ...tree.contents(), config: configOf(details.value) });
}

class Tree {
  readonly #versions = new Map<string, Set<string>>();
  readonly #files = new Map<string, string>();

  async add(entry: TreeEntry, content: AsyncIterable<Buffer>): Promise<void> {
    const { path, kind, mode, uid, gid } = entry;
    if (path === '' || isPassing(path)) return;
    // The size of a directory's times and entries is told by what lies in it.
    const held = await this.#held(entry, content);
    this.#files.set(path, `${kind === 'link' ? 'file' : kind} ${mode.toString(8)} ${uid}:${gid} ${held}`);
  }

  contents(): Pick<Contents, 'packages' | 'files'> {
    const packages = [...this.#versions].map(([name, versions]): [string, string] => [
      name,
      [...versions].toSorted((a, b) => (a < b ? -1 : 1)).join(', '),
    ]);
    return { packages: new Map(packages), files: this.#files };
  }

  async #held({ path, kind, target, size }: TreeEntry, content: AsyncIterable<Buffer>): Promise<string> {
    if (kind === 'symlink') return target;
    // A second name for a file that has passed by; whether two names share their bytes differs with the layers.
    if (kind === 'link')
      return (
        this.#files
          .get(target.replace(/^\.?\//, ''))
          ?.split(' ')
          .at(-1) ?? target
      );
    if (kind !== 'file') return '';
    const role = size <= largestText ? textRoleOf(path) : undefined;
    if (role !== undefined) return hashOf(await this.#textOf(role, content));
    const hash = createHash('sha256');
    for await (const piece of content) hash.update(piece);
    return hash.digest('base64url');
  }

  async #textOf(role: TextRole, content: AsyncIterable<Buffer>): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    for (const each of packagesIn(role, text)) {
      const versions = this.#versions.get(each.name) ?? new Set();
      this.#versions.set(each.name, versions.add(each.version));
    }
    return normalText(role, text);
  }
}

function packagesIn(role: TextRole, text: string): readonly Package[] {
  if (role === 'dpkg') return packagesOfDpkg(text);
  const found = role === 'python-metadata' ? packageOfMetadata(text) : undefined;
  return found === undefined ? [] : [found];
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function configOf({ config, labels, architecture, os }: ImageDetails): ReadonlyMap<string, string> {
  const entries: [string, unknown][] = [
    ['platform', `${os}/${architecture}`],
    ['entrypoint', config.entrypoint],
    ['command', config.cmd],
    ['user', config.user],
    ['working directory', config.workingDir],
    ['ports', config.exposedPorts.toSorted()],
    ['volumes', config.volumes.toSorted()],
    ...config.env.map((line): [string, string] => {
      const equals = line.indexOf('=');
      return [`env ${line.slice(0, equals)}`, line.slice(equals + 1)];
    }),
    ...Object.entries(labels)
      .filter(([name]) => !isPassingLabel(name))
      .map(([name, value]): [string, string] => [`label ${name}`, value]),
    ...Object.entries(config.more ?? {}).filter(([, value]) => value !== null),
  ];
  return new Map(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
