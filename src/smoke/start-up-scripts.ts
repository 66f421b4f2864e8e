/**
 * What JupyterLab's first script fetches before the page shows anything: the parts that webpack's runtime in it loads
 * at once. A browser runs it; who only fetches it sees nothing of them. Pure.
 */

/** A page has about ten; a script of another make may name many that it never needs. */
const mostScripts = 40;

/** Paths of the parts that the script at `path` loads; none where it was not made by webpack, or names none by hash. */
export function startUpScripts(script: string, path: string): readonly string[] {
  const naming = /\.u\s*=\s*(?:\w+|\(\w+\))\s*=>([\s\S]*?)\.js\b/.exec(script)?.[1];
  if (naming === undefined) return [];
  const { names, hashes } = readNaming(naming);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const loaded = new Set(
    [...script.matchAll(/\b[\w$]+\.e\(["']?([\w-]+)["']?\)/g)].map(([, part = '']) => part),
  );
  return [...loaded].slice(0, mostScripts).flatMap((part) => {
    const hash = hashes.get(part);
    return hash === undefined ? [] : [`${folder}${names.get(part) ?? part}.${hash}.js`];
  });
}

/** `(5531===e?"jlab_core":e)+"."+({5531:"8811dd27",…})[e]`, or both as objects. */
function readNaming(text: string): {
  readonly names: ReadonlyMap<string, string>;
  readonly hashes: ReadonlyMap<string, string>;
} {
  const names = new Map<string, string>();
  const hashes = new Map<string, string>();
  for (const [, quoted, bare, value = ''] of text.matchAll(
    /(?:["']([\w-]+)["']|\b(\w+))\s*(?:===?\s*\w+\s*\?|:)\s*["']([\w-]+)["']/g,
  )) {
    const part = quoted ?? bare ?? '';
    if (/^[0-9a-f]{8,}$/.test(value)) hashes.set(part, value);
    else names.set(part, value);
  }
  return { names, hashes };
}
