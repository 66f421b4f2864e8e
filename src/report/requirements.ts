/** What a machine has and lacks, for people. Pure. */
import type { Requirement } from '../setup/requirement.ts';
import { fitSigned } from './fit-line.ts';
import { signs, styleOf } from './style.ts';

/** A line a requirement; under what is not fit, the command that mends it. Ends with a newline. */
export function renderRequirements(
  requirements: readonly Requirement[],
  options: { readonly colour: boolean; readonly width?: number },
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
    const { width = 0 } = options;
    const parts = [name.padEnd(nameWidth), what, { text: why, paint: style.dim }];
    const told = fitSigned(sign, parts, { width, indent: nameWidth + 4 });
    return fit || mend === undefined
      ? told
      : [...told, `  ${' '.repeat(nameWidth)}  ${style.accent('to mend it')}: ${mend}`];
  });
  return `${lines.join('\n')}\n`;
}
