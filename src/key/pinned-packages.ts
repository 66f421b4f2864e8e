/** What an edited list of Python packages comes to, by name and version; a hash tells a person nothing. Pure. */
import { pinMoves } from '../core/python-pins.ts';
import type { Reason } from './reasons.ts';

/** Versions by package, of lists whose texts are known, by their content: `sha256:…`. */
export type KnownPins = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** `requirements.lock`, `requirements.txt`, `requirements-dev.txt`. */
export function listsPackages(path: string): boolean {
  return /(?:^|\/)requirements[\w.-]*\.(?:lock|txt)$/.test(path);
}

/** The same reason; of an edited list both of whose texts are known, with the packages that it pins otherwise. */
export function withPackages(reason: Reason, pins: KnownPins): Reason {
  if (reason.kind !== 'file-changed' || reason.change !== 'edited') return reason;
  const [before, after] = [pins.get(reason.from ?? ''), pins.get(reason.to ?? '')];
  return before === undefined || after === undefined
    ? reason
    : { ...reason, packages: pinMoves(before, after) };
}
