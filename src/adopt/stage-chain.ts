/** The stages that make what a Dockerfile is built to: the one that is its target, and those that it stands on. Pure. */
import type { ParsedDockerfile, Stage } from '../graph/parsed-dockerfile.ts';

/** From the target, else the last stage, down to the one that stands on an image from outside. */
export function stageChain({ stages }: ParsedDockerfile, target: string | undefined): readonly Stage[] {
  const chain: Stage[] = [];
  let stage =
    target === undefined ? stages.at(-1) : stages.findLast(({ name }) => name === target.toLowerCase());
  while (stage !== undefined) {
    chain.push(stage);
    const { index, base } = stage;
    stage = stages.slice(0, index).findLast(({ name }) => name === base.text.toLowerCase());
  }
  return chain;
}
