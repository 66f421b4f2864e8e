/** Definitions that name the platforms which they are for, held against the one that this engine builds. Pure. */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import type { GraphNode } from '../graph/image-graph.ts';

type Placed = Pick<GraphNode, 'image' | 'platform'>;

/**
 * One error for each definition that has images among these and is for other platforms than `platform`, or whose
 * parents were read for another.
 */
export function wrongPlatforms(nodes: readonly Placed[], platform: string): readonly Diagnostic[] {
  const wrong = nodes.filter(({ image: { platforms }, platform: readFor = platform }) =>
    platforms.length > 0 ? !platforms.includes(platform) : readFor !== platform,
  );
  const byDefinition = new Map(wrong.map((node) => [node.image.definition, node]));
  return [...byDefinition.values()].map((node): Diagnostic => {
    const { definition, span } = node.image;
    const { why, where } = reasonOf(node);
    const message = `${why}, and this engine builds \`${platform}\``;
    const help = `build it on an engine of ${where}, or leave it out here: \`'!${definition}+'\``;
    return { ...environmentError('wrong-platform', message, help), span };
  });
}

function reasonOf({ image, platform = '' }: Placed): { readonly why: string; readonly where: string } {
  const { definition, platforms } = image;
  if (platforms.length > 0) {
    const named = platforms.map((each) => `\`${each}\``).join(', ');
    return { why: `\`${definition}\` is for ${named}`, where: 'its platform' };
  }
  const why = `what \`${definition}\` stands on hangs on the platform: it was read for \`${platform}\``;
  return { why, where: 'this machine' };
}
