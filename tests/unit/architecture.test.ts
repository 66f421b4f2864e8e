/**
 * Holds the shape of the code that no compiler and no linter sees: imports one way, files of a size,
 * printing in its place, nothing of a site or a registry in what is committed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** What each room may import besides itself. The order of the rows is the order of the house, from the ground up. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  registry: [],
  'src/core': [],
  'src/matrix': ['registry', 'src/core'],
  'src/engine': ['registry', 'src/core'],
  'src/graph': upTo('src/matrix'),
  // Makes and edits the files that the rooms below read; builds nothing.
  'src/adopt': upTo('src/matrix', 'src/graph'),
  'src/key': upTo('src/matrix', 'src/engine', 'src/graph'),
  // What is said of a published image and who signed it: facts come in as data.
  'src/attest': upTo('src/matrix'),
  'src/plan': upTo('src/matrix', 'src/engine', 'src/graph', 'src/key', 'src/attest'),
  // Speaks to a hub and to users' servers; judges and changes nothing by itself.
  'src/hub': ['registry', 'src/core'],
  // These two judge one image at a time: neither graph, keys nor plan is theirs to know.
  'src/smoke': upTo('src/matrix', 'src/engine', 'src/hub'),
  'src/scan': upTo('src/matrix', 'src/engine', 'src/attest'),
  'src/setup': upTo('src/matrix', 'src/engine', 'src/scan'),
  'src/lock': upTo('src/matrix', 'src/engine', 'src/graph', 'src/key', 'src/plan'),
  'src/run': upTo(
    'src/matrix',
    'src/engine',
    'src/graph',
    'src/key',
    'src/attest',
    'src/plan',
    'src/smoke',
    'src/scan',
  ),
  'src/ship': upTo('src/matrix', 'src/engine', 'src/graph', 'src/adopt', 'src/plan', 'src/hub', 'src/run'),
  'src/nightly': upTo(
    'src/matrix',
    'src/engine',
    'src/graph',
    'src/adopt',
    'src/key',
    'src/plan',
    'src/scan',
    'src/lock',
    'src/run',
  ),
  'src/report': upTo(
    'src/matrix',
    'src/graph',
    'src/key',
    'src/attest',
    'src/plan',
    'src/smoke',
    'src/scan',
    'src/setup',
    'src/run',
    'src/ship',
    'src/nightly',
  ),
};
/** These wire the rooms together and may import any of them. */
const onTop = ['src/cli', 'build.ts'];

function upTo(...rooms: readonly string[]): readonly string[] {
  return ['registry', 'src/core', ...rooms];
}

interface Module {
  readonly path: string;
  readonly text: string;
  readonly room: string;
  readonly imports: readonly string[];
}

const committed = git('ls-files', '--cached', '--others', '--exclude-standard');
const modules = committed
  .filter((path) => path === 'build.ts' || /^(?:registry|src)\/.*\.ts$/.test(path))
  .map((path): Module => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, room: roomOf(path), imports: importsOf(text) };
  });
const testModules = committed
  .filter((path) => /^tests\/.*\.ts$/.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, imports: importsOf(text) };
  });

describe('the rooms', () => {
  it('are found at all', () => {
    expect(modules.length).toBeGreaterThan(10);
  });

  it('are all known to this test', () => {
    const known = new Set([...Object.keys(mayImport), ...onTop]);
    expect(modules.filter(({ room }) => !known.has(room)).map(({ path }) => path)).toEqual([]);
  });

  it('import all that they may: what no longer does is no longer allowed', () => {
    const unused = Object.entries(mayImport).flatMap(([room, allowed]) => {
      const taken = new Set(modules.filter((module) => module.room === room).flatMap(roomsOf));
      const always: readonly string[] = upTo();
      return allowed
        .filter((target) => !always.includes(target) && !taken.has(target))
        .map((target) => `${room} imports nothing of ${target}`);
    });
    expect(unused).toEqual([]);
  });

  it('import one way only', () => {
    const offences = modules
      .filter(({ room }) => !onTop.includes(room))
      .flatMap((module) =>
        roomsOf(module)
          .filter((target) => target !== module.room && mayImport[module.room]?.includes(target) !== true)
          .map((target) => `${module.path} imports ${target}`),
      );
    expect(offences).toEqual([]);
  });
});

describe('each child process', () => {
  const calls = modules.flatMap(({ path, text }) =>
    [...text.matchAll(/\b(?:execa|spawn)\((?!page)[^;]*?\n? *\);/g)].map(([call]) => ({ path, call })),
  );

  it('is found at all', () => {
    expect(calls.length).toBeGreaterThan(5);
  });

  it('gets an environment of its own, and no shell', () => {
    const offences = calls.filter(
      ({ call }) =>
        /shell|\.\.\.process\.env/.test(call) ||
        (call.startsWith('execa') && !call.includes('extendEnv: false')) ||
        !/\benv\b/.test(call),
    );
    expect(offences).toEqual([]);
  });
});

describe('each module', () => {
  it('imports relative paths with their ending, and Node by its prefix', () => {
    const builtin =
      /^(?:assert|buffer|child_process|crypto|events|fs|http|https|module|net|os|path|process|readline|stream|timers|tls|tty|url|util|v8|vm|worker_threads|zlib)(?:\/|$)/;
    const offences = [...modules, ...testModules].flatMap(({ path, imports }) =>
      imports
        .filter((name) => (name.startsWith('.') ? !/\.(?:ts|json)$/.test(name) : builtin.test(name)))
        .map((name) => `${path}: ${name}`),
    );
    expect(offences).toEqual([]);
  });

  it('has at most 300 lines', () => {
    const long = modules.map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }));
    expect(long.filter(({ lines }) => lines > 300)).toEqual([]);
  });

  it('begins with a comment that tells its role', () => {
    const bare = modules.filter(({ text }) => !/^(?:#!.*\n)?\/(?:\*\*|\/)/.test(text));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('asks for nothing where it calls itself pure', () => {
    const asks =
      /^import (?!type\b).*'node:(?:fs|child_process|net|https?|dns|worker_threads)\b|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\brandom(?:Bytes|UUID)\(|\bprocess\.(?:env|cwd|kill)\b/m;
    const pure = modules.filter(({ text }) => /\bPure\b/.test(text.slice(0, text.indexOf('*/'))));
    expect(pure.length).toBeGreaterThan(100);
    expect(pure.filter(({ text }) => asks.test(withoutComments(text))).map(({ path }) => path)).toEqual([]);
  });

  it('exports by name', () => {
    const offences = modules.filter(({ text }) =>
      /^export default\b|^export \{[^}]*\bas default\b/m.test(text),
    );
    expect(offences.map(({ path }) => path)).toEqual([]);
  });

  it('re-exports nothing of others', () => {
    const barrels = modules.filter(({ text }) => /^export (?:type )?(?:\*|\{[^}]*\}) from /m.test(text));
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it('exports no value that nobody else takes', () => {
    const texts = [...modules, ...testModules].map(({ path, text }) => ({ path, words: wordsOf(text) }));
    const unused = modules.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => !texts.some((other) => other.path !== path && other.words.has(name)))
        .map((name) => `${path}: ${name}`),
    );
    expect(unused).toEqual([]);
  });

  it('leaves printing to the reporters and the command line', () => {
    const printers = modules.filter(
      ({ room, text }) =>
        ![...onTop, 'src/report'].includes(room) &&
        /\bconsole\.|\bprocess\.(?:stdout|stderr)\b/.test(withoutComments(text)),
    );
    expect(printers.map(({ path }) => path)).toEqual([]);
  });

  it('leaves zod to the schemas', () => {
    const offences = modules.filter(
      ({ path, text }) =>
        /^import (?!type\b).*'zod'/m.test(text) && !/[/-]schema(?:-[a-z-]+)?\.ts$/.test(path),
    );
    expect(offences.map(({ path }) => path)).toEqual([]);
  });

  it('sorts by code unit', () => {
    const offences = modules.filter(({ text }) => /\.localeCompare\(/.test(text));
    expect(offences.map(({ path }) => path)).toEqual([]);
  });
});

describe('what is committed', () => {
  // Put together here, so that this file does not hold what it looks for.
  const forbidden = [
    ['registry', 'npmjs', 'org'],
    ['pypi', 'org'],
    ['files', 'pythonhosted', 'org'],
    ['proxy', 'golang', 'org'],
    ['deb', 'debian', 'org'],
    ['security', 'debian', 'org'],
    ['archive', 'ubuntu', 'com'],
    ['registry', 'yarnpkg', 'com'],
  ].map((parts) => parts.join('.'));
  const sitePaths = [
    ['', 'work', 'shared'],
    ['..', 'shared', ''],
  ].map((parts) => parts.join('/'));

  it('names no package registry and no folder of a workplace', () => {
    const offences = committed
      .filter((path) => path !== 'LICENSE')
      .flatMap((path) => {
        const text = readText(path);
        return [...forbidden, ...sitePaths]
          .filter((part) => text.includes(part))
          .map((part) => `${path}: ${part}`);
      });
    expect(offences).toEqual([]);
  });
});

function git(...args: readonly string[]): readonly string[] {
  const output = execFileSync('git', [...args, '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 64e6 });
  return output.split('\0').filter((path) => path !== '');
}

/** A deleted file that git still lists, and a link, count as empty. */
function readText(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}

/** The rooms that a module imports from. */
function roomsOf({ path, imports }: Module): readonly string[] {
  return imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => roomOf(relative(root, resolve(root, dirname(path), specifier))));
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/\w+/g));
}

function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  if (first !== 'src') return first;
  return `src/${second}`;
}

function importsOf(text: string): readonly string[] {
  const statements =
    /^(?:import|export)\b[^;'"]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...withoutComments(text).matchAll(statements)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

/** Good enough to look for words in code: a `//` inside a string takes the rest of its line along. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}
