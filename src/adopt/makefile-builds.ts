/**
 * Builds that a Makefile's recipes make. Of its variables those count that are given one value once, and under no
 * condition; functions and what a shell computes count as unknown. Pure.
 */
import { buildCommands } from './build-command.ts';
import type { WrittenBuild } from './given-build.ts';
import { closingOf, filled, Veil, type Variables } from './written-text.ts';

interface LogicalLine {
  /** Continuations joined as make joins them, for all but recipes. */
  readonly text: string;
  readonly line: number;
}

/** All builds; `variables`: what files that it includes give. */
export function makefileBuilds(
  text: string,
  file: string,
  folder: string,
  variables: Variables = new Map(),
): readonly WrittenBuild[] {
  const lines = logicalLines(text);
  const known = new Map([...variables, ...makeVariables(lines, variables)]);
  const builds: WrittenBuild[] = [];
  let targets: readonly string[] = [];
  for (const { text: line, line: number } of lines) {
    const rule = /^(?![\t#])([^=:#]+?)\s*::?(?![:=])/.exec(line);
    if (rule !== null) targets = filled(plainReferences(rule[1] ?? ''), known).value?.split(/\s+/) ?? [];
    if (/^(?:endef|define\b)/.test(line)) targets = [];
    if (!/^\s+\S/.test(line)) continue;
    const literal = targets.filter((target) => !target.includes('%'));
    const each = /\$(?:@|[({]@[)}])/.test(line) && literal.length > 0 ? literal : [undefined];
    for (const target of each) {
      const veil = new Veil();
      const shell = asShell(line, veil, target);
      builds.push(...buildCommands({ text: shell, file, line: number, folder, variables: known, veil }));
    }
  }
  return builds;
}

/** Names of files that a Makefile includes, as they are written. */
export function includedFiles(text: string): readonly string[] {
  return [...text.matchAll(/^-?s?include[ \t]+([^$\r\n#]+)/gm)].flatMap(
    ([, names]) => names?.trim().split(/\s+/) ?? [],
  );
}

/** Values that `NAME=value` lines give, of Makefiles, `.env` files and scripts alike; what is given twice is unknown. */
export function assignedVariables(text: string): Variables {
  return makeVariables(logicalLines(text), new Map());
}

function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let pending: LogicalLine | undefined;
  text.split(/\r?\n/).forEach((line, index) => {
    const joined = pending === undefined ? line : `${pending.text}\n${line}`;
    const start: number = pending?.line ?? index + 1;
    pending = undefined;
    if (joined.endsWith('\\')) pending = { text: joined, line: start };
    else lines.push({ text: joined, line: start });
  });
  return pending === undefined ? lines : [...lines, pending];
}

function makeVariables(lines: readonly LogicalLine[], given: Variables): Variables {
  const written = new Map<string, string>();
  const spoilt = new Set<string>();
  let depth = 0;
  for (const { text } of lines) {
    if (/^\s*(?:ifeq|ifneq|ifdef|ifndef|define|if\b.*then)\b/.test(text)) depth += 1;
    if (/^\s*(?:endif|endef|fi)\b/.test(text)) depth -= 1;
    const own = /^(?:[^\t#:=]+:[ \t]*)?(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*(::?=|\?=|\+=|!=|=)(.*)$/s.exec(
      text,
    );
    const [, name, sign, value = ''] = own ?? [];
    if (name === undefined) continue;
    const isOfTarget = /^[^=]*:(?![:=])/.test(text);
    if (depth > 0 || isOfTarget || written.has(name) || sign === '+=' || sign === '!=') spoilt.add(name);
    else
      written.set(
        name,
        value
          .replace(/\\\n\s*/g, ' ')
          .replace(/(?:^|\s)#.*$/, '')
          .trim(),
      );
  }
  const result = new Map(given);
  // Each round settles what stands on the one before.
  for (let round = 0; round < 5; round += 1) {
    for (const [name, text] of written) {
      const plain = plainReferences(text).replace(/^(["'])(.*)\1$/, '$2');
      const { value } = filled(plain, result);
      if (value !== undefined && !spoilt.has(name)) result.set(name, value);
    }
  }
  for (const name of spoilt) result.delete(name);
  return result;
}

/** `$(NAME)` as `${NAME}`; whatever else is in brackets stays, and is unknown. */
function plainReferences(text: string): string {
  return text.replace(/\$\(([A-Za-z_]\w*)\)/g, '${$1}');
}

/** A recipe's line as the shell would see it: make's variables as the shell writes its own, the rest hidden. */
function asShell(line: string, veil: Veil, target: string | undefined): string {
  const text = line.replace(/^\s+[@+-]*/, '');
  let result = '';
  for (let index = 0; index < text.length;) {
    if (text.charAt(index) !== '$') {
      result += text.charAt(index);
      index += 1;
      continue;
    }
    const end = referenceEnd(text, index);
    const reference = text.slice(index, end);
    const name = /^\$(?:[({]([A-Za-z_]\w*)[)}]|([A-Za-z_]))$/.exec(reference)?.slice(1).find(Boolean);
    const isTarget = /^\$(?:@|[({]@[)}])$/.test(reference) && target !== undefined;
    result += isTarget ? target : name === undefined ? veil.hide(reference) : `\${${name}}`;
    index = end;
  }
  return result;
}

function referenceEnd(text: string, index: number): number {
  // `$$` is the shell's dollar, with the shell's name behind it.
  const at = text.startsWith('$$', index) ? index + 2 : index + 1;
  const bracket = text.charAt(at);
  if (bracket === '(') return closingOf(text, at, '(', ')');
  if (bracket === '{') return closingOf(text, at, '{', '}');
  const word = at === index + 2 ? (/^\w*/.exec(text.slice(at))?.[0].length ?? 0) : 1;
  return Math.min(text.length, at + word);
}
