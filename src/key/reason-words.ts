/** The small words of reasons. Pure text; which reason there is, reasons.ts tells. */
import { tellPinMoves, type PinMove } from '../core/python-pins.ts';

/** What a value was and is: `moved from a to b`. */
export function moved(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return `is new: ${to ?? ''}`;
  return to === undefined ? `is gone, was ${from}` : `moved from ${from} to ${to}`;
}

/** A value as a person would write it. */
export function quoted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : `"${value}"`;
}

/** Packages that one line names. */
export const mostPackages = 3;

/** What else a list of Python packages pins than before: `: numpy 2.1.0 → 2.2.1`; nothing where that is not known. */
export function packageWords(packages: readonly PinMove[] | undefined): string {
  if (packages === undefined) return '';
  return packages.length === 0 ? ', no version in it' : `: ${tellPinMoves(packages, mostPackages)}`;
}

/** A digest that a line has room for. */
export function shortIdentity(identity: string | undefined): string | undefined {
  return identity?.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}

/** An instruction as it stands in a key, with the images that it draws on called as a person knows them. */
export function withNames(
  text: string | undefined,
  roots: readonly { readonly root: string }[],
): string | undefined {
  return text?.replace(
    /(^FROM\s(?:--\S+\s+)*|[-,]from=)(?:image:([^\s,]+)|root:(\d+)(?![^\s,]))/g,
    (all, before: string, image: string | undefined, index: string) => {
      const name = image ?? roots[Number(index)]?.root;
      return name === undefined ? all : `${before}${name}`;
    },
  );
}
