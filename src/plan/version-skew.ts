/**
 * A hub and servers of different major versions, as far as their tests saw what is inside. JupyterHub compares the
 * major version only and merely warns (jupyterhub/_version.py), so this is a warning too: whether a student can log
 * in, the contract's S10 judges. Pure.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Image } from '../matrix/image-set.ts';
import type { Memory } from './schema.ts';

const servers: ReadonlySet<Image['kind']> = new Set(['singleuser', 'pytorch', 'local']);

/** `keyOf` answers an image's key; what was seen under another key says nothing of it. */
export function versionSkew(
  images: readonly Image[],
  memories: ReadonlyMap<string, Memory>,
  keyOf: (name: string) => string | undefined,
): readonly Diagnostic[] {
  const versionOf = ({ name }: Image): string | undefined => {
    const memory = memories.get(name);
    return memory !== undefined && memory.key === keyOf(name) ? memory.versions?.jupyterhub : undefined;
  };
  return images.flatMap((hub) => {
    const own = hub.kind === 'hub' ? versionOf(hub) : undefined;
    if (own === undefined) return [];
    const others = images.filter((image) => {
      const version = servers.has(image.kind) ? versionOf(image) : undefined;
      return version !== undefined && major(version) !== major(own);
    });
    return others.length === 0 ? [] : [skewWarning(hub, own, others, versionOf)];
  });
}

function skewWarning(
  hub: Image,
  own: string,
  others: readonly Image[],
  versionOf: (image: Image) => string | undefined,
): Diagnostic {
  const [first, ...rest] = others.map((image) => `\`${image.name}\` ${versionOf(image) ?? ''}`);
  const more =
    rest.length === 0 ? '' : `, and ${rest.length} more ${rest.length === 1 ? 'differs' : 'differ'}`;
  return {
    category: 'usage',
    severity: 'warning',
    code: 'version-skew',
    message: `\`${hub.name}\` holds jupyterhub ${own}, ${first ?? ''}${more}`,
    span: hub.span,
    help: 'hub and servers should be of one major version; clause S10 tells whether a login works all the same',
  };
}

function major(version: string): string {
  return version.split('.')[0] ?? version;
}
