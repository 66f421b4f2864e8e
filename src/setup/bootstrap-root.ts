/**
 * Makes a Debian root image on the spot, where no registry of the world can be pulled from: mmdebstrap
 * unpacks the distribution's signed packages, the engine takes the result as an image of one layer.
 * Whether that is wanted was asked before; nothing here pulls, and no name of a published image is
 * claimed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { rootLabel } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageStore } from '../engine/engine.ts';
import type { Root } from '../matrix/image-set.ts';
import { debianKeyring, findDebianMirror } from './apt-sources.ts';
import { systemPath } from './host.ts';
import type { AptSource } from './requirement.ts';

/** On a root that was made on the spot: the suite it was made of. */
const bootstrapLabel = 'hubwright.bootstrap';

/** A constant, so that the same packages give the same bytes; the value itself means nothing. */
const sourceDateEpoch = '1735689600';

export interface BootstrappedRoot {
  /** The engine's local reference of it. */
  readonly reference: string;
  /** `diffid:sha256:<hex>`: an import gets a new image ID each time, its layer's bytes stay the same. */
  readonly identity: string;
}

/** What bootstrapping works with. */
export interface BootstrapTools {
  readonly images: Pick<ImageStore, 'importTar'>;
  /** The machine's sources, whose mirror is kept to. */
  readonly sources: readonly AptSource[];
  /** Existing folder with room for the unpacked root and its tar (500 MB). */
  readonly workDir: string;
}

/**
 * Makes the root's image and names it `hubwright/root-<name>:diff-<hex>`. apt verifies the packages,
 * with the keys that the machine trusts already and those of its Debian source. Errors:
 * `bootstrap-failed` with the end of mmdebstrap's output, or the engine's refusal. Rejects with the
 * signal's reason when aborted; asked with a root that has no `bootstrap:` it throws.
 */
export async function bootstrapDebianRoot(
  { images, sources, workDir }: BootstrapTools,
  root: Root,
  signal: AbortSignal,
): Promise<Result<BootstrappedRoot, Diagnostic>> {
  if (root.bootstrap === undefined) throw new Error(`root ${root.name} says no bootstrap`);
  const suite = root.bootstrap.debian;
  await using folder = await mkdtempDisposable(join(workDir, 'root-'));
  const tar = join(folder.path, 'root.tar');

  const result = await execa('mmdebstrap', mmdebstrapArguments(suite, tar, sources), {
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
    env: childEnvironment(process.env, networkNames, {
      SOURCE_DATE_EPOCH: sourceDateEpoch,
      TMPDIR: folder.path,
      PATH: systemPath(process.env),
    }),
    extendEnv: false,
  });
  signal.throwIfAborted();
  if (result.exitCode !== 0) {
    const output = result.all === '' ? (result.shortMessage ?? '') : result.all;
    return err(bootstrapFailed(root, output.split('\n').slice(-20).join('\n')));
  }

  const hex = await sha256Of(tar, signal);
  const reference = `hubwright/root-${root.name}:diff-${hex}`;
  const labels = { [rootLabel]: root.name, [bootstrapLabel]: suite };
  const imported = await images.importTar(tar, reference, labels, signal);
  if (!imported.ok) return err(bootstrapFailed(root, imported.error.message));
  return ok({ reference, identity: `diffid:sha256:${hex}` });
}

/**
 * The arguments for one suite. With a Debian mirror among the machine's sources that one is used, its
 * updates and security fixes included; else mmdebstrap knows where Debian lies.
 */
function mmdebstrapArguments(suite: string, tar: string, sources: readonly AptSource[]): readonly string[] {
  const mirror = findDebianMirror(sources);
  const lines =
    mirror === undefined
      ? []
      : [
          `deb ${mirror.main} ${suite} main`,
          `deb ${mirror.main} ${suite}-updates main`,
          ...(mirror.security === undefined ? [] : [`deb ${mirror.security} ${suite}-security main`]),
        ];
  return [
    '--variant=minbase',
    '--include=ca-certificates',
    '--format=tar',
    `--keyring=${mirror?.keyring ?? debianKeyring}`,
    suite,
    tar,
    ...lines,
  ];
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

function bootstrapFailed(root: Root, output: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'bootstrap-failed',
    message: `the root \`${root.name}\` could not be made on the spot`,
    span: root.span,
    notes: [{ message: output }],
    help: '`build doctor` tells what it needs',
  };
}
