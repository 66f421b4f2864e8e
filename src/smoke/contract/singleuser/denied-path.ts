/** Reads from a log which path a user was refused, and which variable of the image leads there. Pure. */
import { excerpt } from '../../evidence.ts';

/** As Python, and as most other programs write it. */
const denials = [
  /permission denied: ['"‘](\/[^'"’]+)['"’]/i,
  /['"‘](\/[^'"’]+)['"’]: permission denied/i,
  /(\/[^\s:'"]+): permission denied/i,
];

/** `/root/.local`, and `HOME=/root` where the image's environment names a folder above it; undefined where none is told. */
export function deniedPath(
  log: string,
  env: ReadonlyMap<string, string>,
): { readonly path: string; readonly variable: string | undefined } | undefined {
  const path = denials.map((denial) => denial.exec(log)?.[1]).find((found) => found !== undefined);
  if (path === undefined) return undefined;
  const above = [...env].filter(([, value]) => /^\/./.test(value) && `${path}/`.startsWith(`${value}/`));
  // The deepest says most.
  const [named] = above.toSorted(([, one], [, other]) => other.length - one.length);
  return { path, variable: named === undefined ? undefined : excerpt(named.join('='), 100) };
}
