/** A release as `build images --push` writes it, for what reads releases. */
import { digestOf } from '../../registry/digest.ts';
import type { Release } from '../../src/run/schema.ts';

/** One current image for each name, in `registry/name`, tagged `latest` and by day and key. */
export function releaseOf(
  registry: string,
  names: readonly string[],
  naming: Release['naming'] = 'repository-per-image',
): Release {
  return {
    version: 1,
    run: 'a-run',
    created: '2026-11-20T03:00:00.000Z',
    registry,
    naming,
    images: names.map((name) => {
      const digest = digestOf(name);
      const key = digest.slice('sha256:'.length);
      return {
        name,
        definition: name,
        kind: 'singleuser',
        reference: `${naming === 'single-repository' ? registry : `${registry}/${name}`}@${digest}`,
        digest,
        tags: ['latest', `2026-11-20-${key.slice(0, 12)}`],
        key,
        verdict: { contract: 1, profile: 'singleuser', key, noop: ['/bin/sh', '-c', 'exit 0'] },
        size: { compressed: 1000 },
        state: 'current' as const,
      };
    }),
  };
}

/** The tag with its digest as values should name it. */
export function releasedTag(name: string): string {
  const digest = digestOf(name);
  return `2026-11-20-${digest.slice(7, 19)}@${digest}`;
}
