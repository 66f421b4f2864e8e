/**
 * What one pool's nodes have to have: images of a release by digest, in the order in which they are best pulled, and
 * the image that stays running. Pure; what becomes of it in a cluster is daemon-set.ts's matter.
 */
import { parseReference } from '../../../registry/reference.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ImageSet, Pool } from '../../matrix/image-set.ts';
import { publishedReference, shortKey } from '../../matrix/naming.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { Release, ReleasedImage } from '../../run/schema.ts';

export interface PullLayer {
  readonly digest: string;
  /** As it travels. */
  readonly bytes: number;
}

export interface PullImage {
  /** Its name in the family. */
  readonly name: string;
  /** `registry/name` */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string;
  /** As it travels; undefined where the release does not know it. */
  readonly compressedBytes: number | undefined;
  readonly unpackedBytes: number | undefined;
  /** Empty where they are not known. */
  readonly layers: readonly PullLayer[];
  /** A command that was seen in it and does nothing; empty where it has none, undefined where nobody looked. */
  readonly noop: readonly string[] | undefined;
}

/** The image that keeps a puller's pod running. */
export interface PauseImage extends PullImage {
  /** A static program in it that does nothing where it is called `true`; the family's own has one. */
  readonly program: string | undefined;
}

export interface PullList {
  readonly pool: Pool;
  /** The release's run. */
  readonly release: string;
  readonly images: readonly PullImage[];
  readonly pause: PauseImage;
}

/** What is pulled besides a release: how the family's mirrors are called, and another image that pauses. */
export interface PullSources {
  readonly release: Release;
  readonly set: Pick<ImageSet, 'mirrors' | 'registry'>;
  /** A reference with a digest; undefined: the family's image or mirror `pause`. */
  readonly pause: string | undefined;
}

/** The name that an image or mirror of a family has when it is to keep pods running. */
const pauseName = 'pause';

/** A name and a tag with a digest: the tag is for people, the digest decides. */
export function pinnedReference({ repository, tag, digest }: PullImage): string {
  return tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}@${digest}`;
}

/** The list for one pool. Errors: images that the release does not have, and no image to pause with. */
export function pullListOf(pool: Pool, sources: PullSources): Result<PullList, readonly Diagnostic[]> {
  const wrong: Diagnostic[] = [];
  const images = pool.images.flatMap((name) => {
    const image = findImage(name, sources);
    if (image.ok) return [image.value];
    wrong.push({ ...image.error, span: pool.span });
    return [];
  });
  const pause = findPause(sources);
  if (!pause.ok) wrong.push(pause.error);
  else if (pause.value.program === undefined) wrong.push(...withoutCommand(images, pool));
  if (!pause.ok || wrong.length > 0) return err(wrong);
  return ok({
    pool,
    release: sources.release.run,
    images: inPullOrder(images.filter(({ digest }) => digest !== pause.value.digest)),
    pause: pause.value,
  });
}

/** What a pull list of this pool would lack once these images are released; asked before they are. */
export function lackingImages(
  pool: Pool,
  released: ReadonlySet<string>,
  { set, pause }: Omit<PullSources, 'release'>,
): readonly Diagnostic[] {
  const release: FoundIn = { images: [], naming: 'repository-per-image' };
  const sources = { release, set, pause };
  const images = pool.images.filter((name) => !released.has(name)).map((name) => findImage(name, sources));
  const isFamilys = pause === undefined && released.has(pauseName);
  const wanted = isFamilys ? images : [...images, findPause(sources)];
  return wanted.flatMap((each) => (each.ok ? [] : [{ span: pool.span, ...each.error }]));
}

/** Images that nothing can be run in: their pods would never be ready. */
function withoutCommand(images: readonly PullImage[], { span }: Pool): readonly Diagnostic[] {
  return images
    .filter(({ noop }) => noop?.length === 0)
    .map(({ name }) =>
      usageError(
        'no-command',
        `\`${name}\` has neither shell nor \`true\`, and this pause image brings no program`,
        span,
        { help: 'the family’s own brings one: build and publish images/pause, and name no other' },
      ),
    );
}

/**
 * The most shared first, and of two the larger: a node that is interrupted then has what serves most images. Without
 * layers the larger first.
 */
export function inPullOrder(images: readonly PullImage[]): readonly PullImage[] {
  const users = new Map<string, number>();
  for (const { layers } of images) {
    for (const digest of new Set(layers.map((layer) => layer.digest)))
      users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  const served = new Map(
    images.map(({ name, layers }) => [
      name,
      layers.reduce((sum, { digest, bytes }) => {
        const others = (users.get(digest) ?? 1) - 1;
        return sum + bytes * others;
      }, 0),
    ]),
  );
  return images.toSorted((a, b) => {
    const shared = (served.get(b.name) ?? 0) - (served.get(a.name) ?? 0);
    const larger = (b.compressedBytes ?? 0) - (a.compressedBytes ?? 0);
    return shared || larger || (a.name < b.name ? -1 : 1);
  });
}

/** Of a release what decides which images there are, and how they are called. */
type FoundIn = Pick<Release, 'images' | 'naming'>;

type FindSources = Omit<PullSources, 'release'> & { readonly release: FoundIn };

function findImage(name: string, sources: FindSources): Result<PullImage, Diagnostic> {
  const released = sources.release.images.find((image) => image.name === name);
  if (released !== undefined) return ok(ofRelease(released, sources.release));
  const mirror = sources.set.mirrors.find((each) => each.name === name);
  if (mirror !== undefined) return ofMirror(mirror, sources.set.registry);
  return err(
    usageError('not-released', `the release has no image \`${name}\``, undefined, {
      help: `publish it (\`build images ${name} --changed --push\`), or leave it out of the pool`,
    }),
  );
}

function ofRelease(image: ReleasedImage, { naming }: FoundIn): PullImage {
  const at = image.reference.indexOf('@');
  const tag = image.tags.find((each) => each.includes(shortKey(image.key))) ?? image.tags.at(-1);
  return {
    name: image.name,
    repository: at < 0 ? image.reference : image.reference.slice(0, at),
    tag: tag === undefined || naming === 'repository-per-image' ? tag : `${image.name}-${tag}`,
    digest: image.digest,
    compressedBytes: image.size.compressed,
    unpackedBytes: image.size.unpacked,
    layers: (image.layers ?? []).map(({ digest, size }) => ({ digest, bytes: size })),
    noop: image.verdict.noop,
  };
}

function ofMirror(
  mirror: ImageSet['mirrors'][number],
  registry: ImageSet['registry'],
): Result<PullImage, Diagnostic> {
  if (mirror.digest === undefined) {
    return err(
      usageError('open-mirror', `no digest is known of the mirror \`${mirror.name}\``, mirror.span, {
        help: `\`build lock ${mirror.name}\` writes it to matrix.lock`,
      }),
    );
  }
  const from = parseReference(mirror.from);
  if (registry === undefined || from.kind !== 'reference') {
    return err(
      usageError('no-registry', `there is no registry that has the mirror \`${mirror.name}\``, mirror.span, {
        help: 'set `registry:` in matrix.yaml, and run `build mirror`',
      }),
    );
  }
  return ok(
    pinned(mirror.name, publishedReference(registry, mirror.name, from.tag ?? 'latest'), mirror.digest),
  );
}

function pinned(name: string, reference: string, digest: string): PullImage {
  const colon = reference.lastIndexOf(':');
  const hasTag = colon > reference.lastIndexOf('/');
  return {
    name,
    repository: hasTag ? reference.slice(0, colon) : reference,
    tag: hasTag ? reference.slice(colon + 1) : undefined,
    digest,
    compressedBytes: undefined,
    unpackedBytes: undefined,
    layers: [],
    noop: undefined,
  };
}

function findPause(sources: FindSources): Result<PauseImage, Diagnostic> {
  const { pause: written, release, set } = sources;
  if (written !== undefined) {
    const reference = parseReference(written);
    if (reference.kind === 'reference' && reference.digest !== undefined) {
      const at = written.indexOf('@');
      return ok({ ...pinned(pauseName, written.slice(0, at), reference.digest), program: undefined });
    }
    const help = 'write it as `registry/name:tag@sha256:…`';
    return err(usageError('invalid-reference', `\`${written}\` names no digest`, undefined, { help }));
  }
  const own = release.images.find(({ name }) => name === pauseName);
  if (own !== undefined) return ok({ ...ofRelease(own, release), program: '/bin/busybox' });
  const mirror = set.mirrors.find(({ name }) => name === pauseName);
  if (mirror !== undefined) {
    const found = ofMirror(mirror, set.registry);
    return found.ok ? ok({ ...found.value, program: undefined }) : found;
  }
  return err(
    usageError(
      'no-pause-image',
      `the release has no image \`${pauseName}\` to keep the pullers running`,
      undefined,
      {
        help: 'publish the one in images/pause, mirror one, or name one: `--pause registry/pause:3.10@sha256:…`',
      },
    ),
  );
}
