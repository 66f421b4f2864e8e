/** Which of the files in an image's home something needs, where the hub's empty volume hides them all. Pure. */
import type { FolderEntry } from '../../../engine/container.ts';
import type { ImageLook } from '../../image-look.ts';

const needs: readonly { readonly sign: RegExp; readonly what: string }[] = [
  { sign: /^\.local\/share\/jupyter\/kernels\/[^/]+\/kernel\.json$/, what: 'a kernel' },
  {
    sign: /^\.local\/lib\/python[\d.]+\/site-packages\/[^/]+\.dist-info\/METADATA$/,
    what: 'a Python package',
  },
  { sign: /(^|\/)pyvenv\.cfg$/, what: 'a virtual environment' },
  { sign: /(^|\/)conda-meta\/history$/, what: 'a conda environment' },
];

/** True for a file that is part of what runs, not of what a user reads. */
export function isNeeded(entry: FolderEntry): boolean {
  return entry.kind !== 'directory' && needs.some(({ sign }) => sign.test(entry.path));
}

/** What lies in the home and is needed, a line each; empty where nothing is. */
export function neededInHome({ home, homeEntries, env }: ImageLook): readonly string[] {
  const found = homeEntries.flatMap((entry) => {
    const need = entry.kind === 'directory' ? undefined : needs.find(({ sign }) => sign.test(entry.path));
    return need === undefined ? [] : [`${need.what}: ${home}/${entry.path}`];
  });
  const programs = (env.get('PATH') ?? '')
    .split(':')
    .filter((folder) => folder.startsWith(`${home}/`))
    .flatMap((folder) => beneath(homeEntries, folder.slice(home.length + 1).replace(/\/$/, '')))
    .map((path) => `a program on PATH: ${home}/${path}`);
  const named = [...env]
    .filter(([name, value]) => !/^(HOME|PATH|PWD|OLDPWD)$|CACHE/.test(name) && value.startsWith(`${home}/`))
    .filter(([, value]) => holdsFile(homeEntries, value.slice(home.length + 1).replace(/\/$/, '')))
    .map(([name, value]) => `what ${name} names: ${value}`);
  return [...found, ...programs, ...named];
}

function beneath(entries: readonly FolderEntry[], folder: string): readonly string[] {
  return entries
    .filter(({ kind, path }) => kind !== 'directory' && path.startsWith(`${folder}/`))
    .map(({ path }) => path);
}

function holdsFile(entries: readonly FolderEntry[], path: string): boolean {
  return (
    entries.some((entry) => entry.kind !== 'directory' && entry.path === path) ||
    beneath(entries, path).length > 0
  );
}
