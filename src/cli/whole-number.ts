/** Counts and ports, as people write them in options. */
import { InvalidArgumentError } from 'commander';

/** Reads an option's text; throws commander's error, which is told with the option's name, for all but 1 to `most`. */
export function wholeNumberUpTo(most: number): (text: string) => number {
  return (text) => {
    if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
    const number = Number(text);
    if (number > most) throw new InvalidArgumentError(`It must be at most ${most}.`);
    return number;
  };
}
