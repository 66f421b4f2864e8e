/** `build emit nfs|namespaces|hub|kind`: manifests for what the family needs around it, as files to change and keep. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { nearName } from '../core/near-name.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isDnsLabel } from '../matrix/kubernetes-names.ts';
import { loadMatrix } from '../matrix/load-matrix.ts';
import { maxYamlBytes, readTextFile } from '../matrix/text-file.ts';
import { readRelease } from '../run/release.ts';
import { namedImage, referenceOf, type EmittedFile, type NamedImage } from '../ship/emit/emitted.ts';
import { hubFiles } from '../ship/emit/hub.ts';
import { kindFiles } from '../ship/emit/kind.ts';
import { namespaceFiles } from '../ship/emit/namespaces.ts';
import { nfsFiles } from '../ship/emit/nfs.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';

export interface EmitOptions {
  readonly output?: string;
  readonly force: boolean;
  readonly directory?: string;
}

export interface EmitNfsOptions extends EmitOptions {
  readonly image: string;
  readonly namespace: string;
  readonly size: string;
}

/** The exchange over NFS. */
export async function emitNfsCommand(context: CliContext, options: EmitNfsOptions): Promise<ExitCode> {
  const { namespace, size } = options;
  if (!isDnsLabel(namespace)) return await tell(context, [noName(namespace, 'namespace')]);
  if (!/^[1-9][0-9]*(?:[KMGT]i?)?$/.test(size))
    return await tell(context, [usage(`\`${size}\` is no size of a volume`, 'as in `--size 10Gi`')]);
  const images = await imagesOf(context, options, { image: options.image });
  if (!images.ok) return await tell(context, images.error);
  const [image] = images.value;
  if (image === undefined) throw new Error('one image was asked for');
  return await emit(context, options, nfsFiles({ image: referenceOf(image), namespace, size }));
}

export interface EmitHubOptions extends EmitOptions {
  readonly hub: string;
  readonly proxy: string;
  readonly singleuser: string;
}

/** The hub for those without Helm. */
export async function emitHubCommand(context: CliContext, options: EmitHubOptions): Promise<ExitCode> {
  const chosen = { hub: options.hub, proxy: options.proxy, singleuser: options.singleuser };
  const images = await imagesOf(context, options, chosen);
  if (!images.ok) return await tell(context, images.error);
  const [hub, proxy, singleuser] = images.value;
  if (hub === undefined || proxy === undefined || singleuser === undefined)
    throw new Error('three images were asked for');
  return await emit(context, options, hubFiles({ hub, proxy, singleuser: referenceOf(singleuser) }));
}

export interface EmitKindOptions extends EmitOptions {
  readonly cluster: string;
}

/** A cluster on this machine. */
export async function emitKindCommand(context: CliContext, options: EmitKindOptions): Promise<ExitCode> {
  const { cluster } = options;
  if (!isDnsLabel(cluster)) return await tell(context, [noName(cluster, 'cluster')]);
  return await emit(context, options, kindFiles(cluster));
}

export interface EmitNamespacesOptions extends EmitOptions {
  readonly users: string;
  readonly template: string;
}

/** A namespace for each user. */
export async function emitNamespacesCommand(
  context: CliContext,
  options: EmitNamespacesOptions,
): Promise<ExitCode> {
  const file = path.resolve(context.cwd, options.users);
  const read = await readTextFile(file, maxYamlBytes);
  if (read.kind !== 'text') {
    const why = read.kind === 'missing' ? 'does not exist' : read.why;
    return await tell(context, [usage(`\`${options.users}\` ${why}`, 'a list of users: docs/deployment.md')]);
  }
  const made = namespaceFiles(options.users, read.text, options.template);
  return made.ok ? await emit(context, options, made.value) : await tell(context, made.error);
}

/** `chosen`: the images' names, by the option that names each. */
async function imagesOf(
  context: CliContext,
  { directory: named }: EmitOptions,
  chosen: Readonly<Record<string, string>>,
): Promise<Result<readonly NamedImage[], readonly Diagnostic[]>> {
  const directory = findRepository(named, context.cwd);
  const matrix = await loadMatrix(directory, context.env);
  if (!matrix.ok) return matrix;
  const { set } = matrix.value;
  const known = new Set([...set.images, ...set.mirrors].map(({ name }) => name));
  const unknown = Object.entries(chosen).filter(([, name]) => !known.has(name));
  if (unknown.length > 0) {
    return err(
      unknown.map(([option, name]) => {
        const near = nearName(name, known);
        const help =
          near === undefined ? `name its own: \`--${option} NAME\`` : `did you mean \`--${option} ${near}\`?`;
        return usage(`the family has no image \`${name}\``, help);
      }),
    );
  }
  const release = await readRelease(directory);
  if (release === undefined) {
    const help = 'after `build images --push` they are named by digest';
    await tell(context, [
      { ...usage('nothing is released: images are named by their tags', help), severity: 'warning' },
    ]);
  }
  return ok(Object.values(chosen).map((name) => namedImage(name, set, release)));
}

/** To stdout where one file is written and no folder is named; else into a folder, in which nothing is overwritten. */
async function emit(
  context: CliContext,
  { output, force }: EmitOptions,
  files: readonly EmittedFile[],
): Promise<ExitCode> {
  const [only] = files;
  if (output === undefined) {
    if (only === undefined || files.length > 1)
      return await tell(context, [usage('this is several files', '`--output DIR` says where they go')]);
    // A file for a repository tells commands as everybody may start them.
    context.stdout.write(only.text);
    return exitCode.ok;
  }
  const folder = path.resolve(context.cwd, output);
  if (!force) {
    const there: EmittedFile[] = [];
    for (const file of files) if (await isThere(path.join(folder, file.path))) there.push(file);
    if (there.length > 0) {
      const names = there.map((file) => `\`${path.join(output, file.path)}\``).join(', ');
      return await tell(context, [
        usage(`${names} would be overwritten`, '`--output` names another folder, `--force` overwrites'),
      ]);
    }
  }
  const { default: writeFileAtomic } = await import('write-file-atomic');
  for (const { path: name, text } of files) {
    const target = path.join(folder, name);
    const written = await tryWriting(path.join(output, name), async () => {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFileAtomic(target, text);
    });
    if (!written.ok) return await tell(context, [written.error]);
    screenOf(context.stderr, context.env).write(`${path.join(output, name)} written\n`);
  }
  return exitCode.ok;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}

function noName(text: string, what: string): Diagnostic {
  return usage(`\`${text}\` cannot be a ${what}’s name`, 'lower-case letters, digits and `-`, at most 63');
}
