/** Takes the values of build secrets out of what builds print, before it reaches a log, an event or a person. Pure. */
import { caSecret } from './build-secrets.ts';

/** Anything shorter would take harmless text apart, and is no secret worth the name. */
const shortestSecret = 6;

export type Mask = (text: string) => string;

/** A mask for these secrets: their whole values, and each line of a value of several. Certificates are no secret. */
export function maskOf(secrets: ReadonlyMap<string, Buffer>): Mask {
  const values = [...secrets]
    .filter(([id]) => id !== caSecret)
    .flatMap(([, value]) => value.toString('utf8').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestSecret)
    // The longest first: one value may begin with another.
    .toSorted((a, b) => b.length - a.length);
  if (values.length === 0) return (text) => text;
  return (text) => values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}
