/** What a machine has and lacks, for people. Pure. */
import type { Requirement } from '../setup/requirement.ts';
import { fitLine } from './fit-line.ts';
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
    const [first = '', ...rest] = fitLine([name.padEnd(nameWidth), what, { text: why, paint: style.dim }], {
      width: width === 0 ? 0 : width - 2,
      indent: nameWidth + 4,
    });
    const told = [`${sign} ${first}`, ...rest];
    return fit || mend === undefined
      ? told
      : [...told, `  ${' '.repeat(nameWidth)}  ${style.accent('to mend it')}: ${mend}`];
  });
  return `${lines.join('\n')}\n`;
}
