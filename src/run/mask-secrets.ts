/** Takes the values of build secrets out of what builds print, before it reaches a log, an event or a person. Pure. */
import { Redactor, type Redact } from '../core/redact.ts';
import { caSecret } from './build-secrets.ts';

export type Mask = Redact;

/** A mask for these secrets: their whole values, and each line of a value of several. Certificates are no secret. */
export function maskOf(secrets: ReadonlyMap<string, Buffer>): Mask {
  const redactor = new Redactor();
  for (const [id, value] of secrets) if (id !== caSecret) redactor.add(value.toString('utf8'));
  return redactor.redact;
}
