/** Which of the tags that we publish are not in the registry yet, or point to other bytes. Asks with HEAD requests alone. */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../registry/client.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageKey } from '../key/content-key.ts';
import type { ImageSet, RegistryTarget } from '../matrix/image-set.ts';
import { tagsOf } from './image-tags.ts';
import type { LocalBytes, PublishedBytes } from './plan.ts';
import { publishedDigest } from './remote-record.ts';

const concurrency = 16;

/** For each image that is published under its key: the tags that are missing, or that name another digest. */
export async function missingTags(
  set: ImageSet,
  target: RegistryTarget,
  registry: Pick<RegistryClient, 'headManifest'>,
  known: {
    readonly keys: ReadonlyMap<string, ImageKey>;
    readonly local: ReadonlyMap<string, LocalBytes>;
    readonly remote: ReadonlyMap<string, PublishedBytes>;
  },
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, readonly string[]>, Diagnostic>> {
  const limit = pLimit(concurrency);
  const missing = new Map<string, string[]>();
  const troubles = await Promise.all(
    [...known.remote].flatMap(([name, bytes]) => {
      const tags = tagsOf(set, name, known.keys.get(name)?.key ?? '', known.local.get(name)?.created);
      return tags.map((tag) =>
        limit(async () => {
          const digest = await publishedDigest(registry, target, name, tag, signal);
          if (!digest.ok) return digest.error;
          if (digest.value !== bytes.digest) missing.set(name, [...(missing.get(name) ?? []), tag]);
          return undefined;
        }),
      );
    }),
  );
  const trouble = troubles.find((answer) => answer !== undefined);
  return trouble === undefined ? ok(missing) : err(trouble);
}
