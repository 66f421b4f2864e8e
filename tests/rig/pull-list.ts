/** Pools, and pull lists for them, made from a few words. */
import { digestOf } from '../../registry/digest.ts';
import type { Pool } from '../../src/matrix/image-set.ts';
import type { PullImage, PullList } from '../../src/ship/prepull/pull-list.ts';
import { matrixSpan } from './image-set.ts';

export function poolOf(name: string, parts: Partial<Pool> = {}): Pool {
  return {
    name,
    images: [],
    selector: {},
    tolerations: [],
    nodes: undefined,
    diskBytes: undefined,
    bytesPerSecond: undefined,
    stagger: '25%',
    namespace: undefined,
    pullSecrets: [],
    serviceAccount: undefined,
    priorityClass: undefined,
    span: matrixSpan,
    ...parts,
  };
}

/** Layers are written `name:megabytes`. */
export function pullImage(
  name: string,
  layers: readonly string[] = [],
  parts: Partial<PullImage> = {},
): PullImage {
  return {
    name,
    repository: `registry.example.org/hub/${name}`,
    tag: '2026-11-20',
    digest: digestOf(name),
    compressedBytes: undefined,
    unpackedBytes: undefined,
    layers: layers.map((each) => {
      const [layer = '', megabytes = '1'] = each.split(':');
      return { digest: digestOf(layer), bytes: Number(megabytes) * 1e6 };
    }),
    noop: ['/bin/sh', '-c', 'exit 0'],
    ...parts,
  };
}

export function pullList(pool: Pool, images: readonly PullImage[], program?: string): PullList {
  return { pool, release: 'a-run', images, pause: { ...pullImage('pause', ['pause:1']), program } };
}
