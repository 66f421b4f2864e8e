/** On whose layers an image stands: its target stage's FROM, through the Dockerfile's own stages. Pure. */
import type { GraphNode } from './image-graph.ts';
import type { Stage } from './parsed-dockerfile.ts';

/**
 * The image of the family whose layers this one's begin with; undefined where they begin with a root's or with none.
 * What it only copies from is no such image. A stage that an argument names is not followed.
 */
export function layerParent(node: GraphNode): string | undefined {
  const { stages } = node.dockerfile;
  let stage = targetStage(node);
  while (stage !== undefined) {
    const { base, index }: Stage = stage;
    const outside = node.references.find(({ instruction }) => instruction === base.instruction);
    if (outside !== undefined) return outside.target.kind === 'image' ? outside.target.name : undefined;
    // A FROM sees the stages before it alone, and of two with one name the later.
    stage = stages.slice(0, index).findLast(({ name }) => name === base.text);
  }
  return undefined;
}

/** The needed stage that stands last is the target: nothing that it draws on comes after it. */
function targetStage({ stages, dockerfile }: GraphNode): Stage | undefined {
  const last = stages.at(-1);
  return last === undefined ? undefined : dockerfile.stages[last];
}
