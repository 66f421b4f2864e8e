/** A count or a port, as people write it in options. */
import { InvalidArgumentError } from 'commander';

/** The number that an option's text says. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
}
