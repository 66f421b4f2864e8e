/**
 * Stages of a Dockerfile that nothing else in it uses, beside the one that is built: often images of their own, each built with
 * `--target`. Which of them are meant, the Dockerfile does not say. Pure.
 */
import type { ParsedDockerfile, Stage } from '../graph/parsed-dockerfile.ts';
import { stageChain } from './stage-chain.ts';

/** Their names, in the file's order; the target, else the last stage, is what is built, and none of them. */
export function spareStages(dockerfile: ParsedDockerfile, target: string | undefined): readonly string[] {
  const { stages } = dockerfile;
  const [built] = stageChain(dockerfile, target);
  return stages.flatMap((stage) => {
    const { name, index } = stage;
    if (name === undefined || index === built?.index) return [];
    return stages.slice(index + 1).some((later) => uses(later, stage)) ? [] : [name];
  });
}

function uses({ base, references }: Stage, { name, index }: Stage): boolean {
  return [base, ...references].some(({ text }) => {
    const at = text.indexOf('$');
    // With a variable in it, it may mean any that begins so.
    if (at >= 0) return name?.startsWith(text.slice(0, at).toLowerCase()) === true;
    return text.toLowerCase() === name || text === String(index);
  });
}
