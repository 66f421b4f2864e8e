/** What a machine has and lacks, for people. Pure. */
import type { Requirement } from '../setup/requirement.ts';
import { signs, styleOf } from './style.ts';

/** A line a requirement; under what is not fit, the command that mends it. Ends with a newline. */
export function renderRequirements(
  requirements: readonly Requirement[],
  options: { readonly colour: boolean },
): string {
  const style = styleOf(options.colour);
  const nameWidth = Math.max(0, ...requirements.map(({ name }) => name.length));
  const lines = requirements.flatMap((requirement) => {
    const { name, state, found, needed, why, mend } = requirement;
    const fit = state === 'ok';
    const sign = fit ? style.good(signs.done) : style.bad(signs.failed);
    const what = fit
      ? (found ?? 'there')
      : `${state.replace('-', ' ')}${found === undefined ? '' : ` (${found})`}, needed: ${needed}`;
    const line = `${sign} ${name.padEnd(nameWidth)}  ${what}  ${style.dim(why)}`;
    return fit || mend === undefined
      ? [line]
      : [line, `  ${' '.repeat(nameWidth)}  ${style.accent('to mend it')}: ${mend}`];
  });
  return `${lines.join('\n')}\n`;
}
