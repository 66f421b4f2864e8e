/**
 * Finds `docker build`, and kaniko's like of it, in a shell's script, with the folder that it is called in. Follows `cd`; knows neither loops
 * nor functions: what they set is unknown. Pure.
 */
import path from 'node:path';
import { splitWords } from '../graph/shell-word.ts';
import type { WrittenBuild } from './given-build.ts';
import { filledWord, hideCalls, Veil, type Variables, type Written } from './written-text.ts';

export interface Script {
  readonly text: string;
  readonly file: string;
  /** The line of the file that its first line is. */
  readonly line: number;
  /** Where it starts, from the root; undefined where that is not known. */
  readonly folder: string | undefined;
  readonly variables: Variables;
  /** True where the variables are the script's environment: an argument without a value then has theirs. */
  readonly isEnvironment?: boolean;
  /** What was hidden in the text before. */
  readonly veil?: Veil;
}

/** All builds of a script, in its order. */
export function buildCommands(script: Script): readonly WrittenBuild[] {
  const veil = script.veil ?? new Veil();
  const text = hideCalls(script.text, veil);
  const builds: WrittenBuild[] = [];
  const outer: (string | undefined)[] = [];
  let folder = script.folder;
  for (const { command, at, opens, closes } of simpleCommands(text)) {
    for (let count = 0; count < opens; count += 1) outer.push(folder);
    const words = commandWords(command);
    const line = script.line + (text.slice(0, at).match(/\n/g)?.length ?? 0);
    const place = `${script.file}:${line}`;
    const moved = changedFolder(words, folder, script.variables);
    if (moved !== undefined) folder = moved.folder;
    const options = buildOptions(words);
    if (options !== undefined) builds.push(readOptions(options, { ...script, folder, place, veil }));
    for (let count = 0; count < closes; count += 1) if (outer.length > 0) folder = outer.pop();
  }
  return builds;
}

interface SimpleCommand {
  readonly command: string;
  readonly at: number;
  /** Brackets of subshells before and behind it. */
  readonly opens: number;
  readonly closes: number;
}

function simpleCommands(text: string): readonly SimpleCommand[] {
  const commands: { command: string; at: number; opens: number; closes: number }[] = [];
  let current = { command: '', at: 0, opens: 0, closes: 0 };
  let quote = '';
  const end = (): void => {
    if (current.command.trim() !== '' || current.opens > 0 || current.closes > 0) commands.push(current);
    current = { command: '', at: 0, opens: 0, closes: 0 };
  };
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    const isBlank = current.command.trim() === '';
    if (isBlank) current.at = index;
    if (char === '\\') {
      index += 1;
      // A line that goes on is one line.
      current.command += text.charAt(index) === '\n' ? ' ' : char + text.charAt(index);
    } else if (quote !== '') {
      if (char === quote) quote = '';
      current.command += char;
    } else if (char === '#' && /(?:^|\s)$/.test(current.command)) {
      const feed = text.indexOf('\n', index);
      index = feed < 0 ? text.length : feed - 1;
    } else if (char === '(' && isBlank) {
      current.opens += 1;
    } else if (char === ')') {
      current.closes += 1;
    } else if (/[;&|\n]/.test(char)) {
      end();
    } else {
      if (char === '"' || char === "'") quote = char;
      current.command += char;
    }
  }
  end();
  return commands;
}

/** Its words without what stands before the program: `@` of make, `sudo`, `then`, `NAME=value`. */
function commandWords(command: string): readonly string[] {
  const words = splitWords(command.trim().replace(/^[@+-]+\s*/, '')) ?? [];
  const start = words.findIndex(
    (word) => !/^(?:sudo|env|time|then|else|do|\{|!|if|exec|nice|[A-Za-z_]\w*=.*)$/s.test(word),
  );
  return start < 0 ? [] : words.slice(start);
}

function changedFolder(
  words: readonly string[],
  folder: string | undefined,
  variables: Variables,
): { readonly folder: string | undefined } | undefined {
  const [program, place] = words;
  if (program === 'popd') return { folder: undefined };
  if (program !== 'cd' && program !== 'pushd') return undefined;
  const value = place === undefined ? undefined : filledWord(place, variables).value;
  const isKnown = folder !== undefined && value !== undefined && value !== '-' && !path.isAbsolute(value);
  return { folder: isKnown ? path.posix.join(folder, value) : undefined };
}

/** The words behind `docker build`; undefined for any other command. */
function buildOptions(words: readonly string[]): readonly string[] | undefined {
  const [program = '', ...rest] = words;
  if (/^(?:.*\/)?kaniko\/executor$/.test(program)) return asDockers(rest);
  if (!/^(?:.*\/)?(?:docker|podman|nerdctl|buildah)$/.test(program)) return undefined;
  const verb = rest.slice(0, 2).join(' ');
  if (/^(?:build|bud)(?: |$)/.test(verb)) return rest.slice(1);
  return /^(?:buildx build|image build|builder build)$/.test(verb) ? rest.slice(2) : undefined;
}

/** Kaniko's options by docker's names; its context is an option, a folder may have a scheme before it. */
function asDockers(words: readonly string[]): readonly string[] {
  const plain = words.flatMap((word) => {
    const [, name, value] = /^(--(?:context|dockerfile|destination)|-[cfd])=(.*)$/s.exec(word) ?? [];
    return name === undefined || value === undefined ? [word] : [name, value];
  });
  return plain.flatMap((word, index) => {
    if (/^(?:--context|-c)$/.test(plain[index - 1] ?? '')) return word.replace(/^(["']?)dir:\/\//, '$1');
    if (word === '--context' || word === '-c') return [];
    return word === '--dockerfile' ? '--file' : /^(?:--destination|-d)$/.test(word) ? '--tag' : word;
  });
}

/** Options of `docker build` and its like that are followed by a value. */
const valued =
  /^(?:-[tfomc]|--(?:tag|file|build-arg|target|platform|label|cache-from|cache-to|network|progress|secret|ssh|output|build-context|add-host|shm-size|ulimit|memory|memory-swap|cpu-shares|cpu-period|cpu-quota|cpuset-cpus|cpuset-mems|cgroup-parent|iidfile|metadata-file|builder|allow|attest|annotation|security-opt|isolation|call|no-cache-filter|jobs|format|volume|layers))$/;
/** Of what is not read, that which may change what comes out. */
const telling = /^--(?:secret|ssh|build-context|network|add-host)$/;

interface Place extends Script {
  readonly place: string;
  readonly veil: Veil;
}

function readOptions(words: readonly string[], script: Place): WrittenBuild {
  const { place, folder, variables, veil } = script;
  const environment: Variables = script.isEnvironment === true ? variables : new Map();
  const read = (word: string): Written => {
    const { value } = filledWord(word, variables);
    return { text: veil.show(word), value };
  };
  const args: [string, Written | undefined][] = [];
  const tags: Written[] = [];
  const others: string[] = [];
  const plain: Written[] = [];
  let dockerfile: Written | undefined;
  let target: Written | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (/^\d*[<>]/.test(word)) break;
    if (!word.startsWith('-') || word === '-') {
      const written = read(word);
      if (written.value !== '') plain.push(written);
      continue;
    }
    const [, name = word, inner] = /^(-\w|--[\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const hasNext = inner === undefined && valued.test(name);
    const value = inner ?? (hasNext ? (words[index + 1] ?? '') : '');
    if (hasNext) index += 1;
    if (name === '-t' || name === '--tag') tags.push(read(value));
    else if (name === '-f' || name === '--file') dockerfile = read(value);
    else if (name === '--target') target = read(value);
    else if (name === '--build-arg') args.push(argument(value, read, environment));
    else if (telling.test(name)) others.push(veil.show(`${name} ${value}`));
  }
  // What may be further options, or a folder, is not known; a folder that is written is, as is a path with a variable.
  const written = plain.filter(({ value }) => value !== undefined);
  const paths = plain.filter(({ text }) => text.includes('/') && !isVariable(text));
  const [only, ...more] = written.length > 0 ? written : plain.length === 1 ? plain : paths;
  const context = only !== undefined && more.length === 0 ? only : unknown(plain);
  const unread = plain.filter((each) => each !== context && each.value === undefined);
  return {
    place,
    folder,
    context,
    dockerfile,
    dockerfileFrom: 'folder',
    target,
    args,
    tags,
    others: [...others, ...unread.map(({ text }) => text)],
  };
}

/** True for a variable or a call alone: options, or anything. */
function isVariable(text: string): boolean {
  return /^["']?\$(?:\w+|\{[^{}]*\}|\(.*\))["']?$/s.test(text);
}

function unknown(words: readonly Written[]): Written {
  return { text: words.map(({ text }) => text).join(' '), value: undefined };
}

/** `NAME=value`, in quotes or not; without `=` the environment's. */
function argument(
  word: string,
  read: (word: string) => Written,
  environment: Variables,
): [string, Written | undefined] {
  const at = word.indexOf('=');
  if (at < 0) {
    const name = word.replace(/^["']|["']$/g, '');
    const value = environment.get(name);
    return [name, value === undefined ? undefined : { text: value, value }];
  }
  const whole = read(word);
  const name = word.slice(0, at).replace(/^["']/, '');
  const text = whole.text.slice(whole.text.indexOf('=') + 1);
  const isQuoted = /^(["']).*\1$/s.test(text);
  return [
    name,
    {
      text: isQuoted ? text.slice(1, -1) : text.replace(/["']$/, ''),
      value: whole.value?.slice(name.length + 1),
    },
  ];
}
