/** Durations as they are typed: `90s`, `20m`, `2h`, `3d`. */
import { InvalidArgumentError } from 'commander';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const form = /^(?<number>\d+(?:\.\d+)?)(?<unit>ms|s|m|h|d)$/;

/** Milliseconds; throws commander's error, which is told with the option's name, for anything else. */
export function parseDuration(text: string): number {
  const { number, unit } = form.exec(text)?.groups ?? {};
  const ms = Number(number) * (units[unit as keyof typeof units] ?? Number.NaN); // the form allows no other
  if (!(ms > 0))
    throw new InvalidArgumentError('It must be a duration above 0, such as `90s`, `20m` or `3d`.');
  return ms;
}
