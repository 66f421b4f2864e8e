/** Which of the files in an image's home something needs, where the hub's empty volume hides them all. Pure. */
import type { FolderEntry } from '../../../engine/container.ts';
import type { ImageLook } from '../../image-look.ts';

const needs: readonly { readonly sign: RegExp; readonly what: string }[] = [
  { sign: /^\.local\/share\/jupyter\/kernels\/[^/]+\/kernel\.json$/, what: 'a kernel' },
  {
    sign: /^\.local\/lib\/python[\d.]+\/site-packages\/[^/]+\.dist-info\/METADATA$/,
    what: 'a Python package',
  },
  { sign: /^\.ipython\/profile_default\/startup\/[^/]+\.i?py$/, what: 'a start-up file of kernels' },
  {
    sign: /^\.local\/share\/jupyter\/labextensions\/(@[^/]+\/)?[^/]+\/package\.json$/,
    what: 'an extension of JupyterLab',
  },
  { sign: /^R\/[^/]+-library\/[\d.]+\/[^/]+\/DESCRIPTION$/, what: 'an R package' },
  { sign: /^\.julia\/environments\/[^/]+\/Project\.toml$/, what: 'a Julia environment' },
  { sign: /(^|\/)pyvenv\.cfg$/, what: 'a virtual environment' },
  { sign: /(^|\/)conda-meta\/history$/, what: 'a conda environment' },
];

/** Put there by hand, or by an installer that leaves no list; beside packages with one it says nothing more. */
const module = {
  sign: /^\.local\/lib\/python[\d.]+\/site-packages\/((?!usercustomize)[^/]+\.(py|pth|egg-link)|[^/]+\/__init__\.py)$/,
  what: 'a Python module',
};
const installed = /\.dist-info\/METADATA$/;

/** True for a file that is part of what runs, not of what a user reads. */
export function isNeeded(entry: FolderEntry): boolean {
  return entry.kind !== 'directory' && needs.some(({ sign }) => sign.test(entry.path));
}

/** What lies in the home and is needed, a line each; empty where nothing is. */
export function neededInHome({ home, homeEntries, env }: ImageLook): readonly string[] {
  const signs = homeEntries.some(({ path }) => installed.test(path)) ? needs : [...needs, module];
  const found = homeEntries.flatMap((entry) => {
    const need = entry.kind === 'directory' ? undefined : signs.find(({ sign }) => sign.test(entry.path));
    return need === undefined ? [] : [`${need.what}: ${home}/${entry.path}`];
  });
  const programs = (env.get('PATH') ?? '')
    .split(':')
    .filter((folder) => folder.startsWith(`${home}/`))
    .flatMap((folder) => beneath(homeEntries, folder.slice(home.length + 1).replace(/\/$/, '')))
    .filter((path) => !readByShells.test(path))
    .toSorted((a, b) => Number(isJupyters(b)) - Number(isJupyters(a)))
    .map((path) => `a program on PATH: ${home}/${path}`);
  const named = [...env]
    .filter(([name, value]) => !/^(HOME|PATH|PWD|OLDPWD)$|CACHE/.test(name) && value.startsWith(`${home}/`))
    .filter(([, value]) => holdsFile(homeEntries, value.slice(home.length + 1).replace(/\/$/, '')))
    .map(([name, value]) => `what ${name} names: ${value}`);
  return [...found, ...programs, ...named];
}

/** What a virtual environment has beside its programs. */
const readByShells = /\/[Aa]ctivate(\.\w+)?$/;

function isJupyters(path: string): boolean {
  return /\/jupyter[^/]*$/.test(path);
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
