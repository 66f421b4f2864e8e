/**
 * What all checks of this room share: where findings are gathered, and the rules for placeholders and names.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import { parseTemplate } from './template.ts';
import type { Environment, TemplatePart } from './template.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** Gathers diagnostics; the same finding at the same place (of several images of one definition) is kept once. */
export class Findings {
  readonly #byKey = new Map<string, Diagnostic>();

  add(...diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const { code, message, span } = diagnostic;
      const key = JSON.stringify([code, message, span?.file, span?.line, span?.column]);
      if (!this.#byKey.has(key)) this.#byKey.set(key, diagnostic);
    }
  }

  get all(): readonly Diagnostic[] {
    return [...this.#byKey.values()];
  }

  get errorCount(): number {
    return this.all.filter((diagnostic) => diagnostic.severity === 'error').length;
  }
}

/** A file under examination. */
export interface Check {
  readonly source: YamlSource;
  readonly environment: Environment;
  readonly findings: Findings;
}

/** Which placeholders a value may use. */
export interface TemplateRules {
  /** `{…}` names, each with its fields; an empty list means that the name stands alone. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** `${…}` names: all, none, or those that the file declares under `env:`. */
  readonly environment: 'all' | 'none' | ReadonlySet<string>;
}

/** Parses the template at a path and tells every placeholder that may not stand there. */
export function checkTemplate(
  check: Check,
  path: YamlPath,
  text: string,
  rules: TemplateRules,
): readonly TemplatePart[] {
  const parts = parseTemplate(text);
  for (const part of parts) {
    const problem = problemOf(part, rules, check.environment);
    if (problem === undefined || part.kind === 'text') continue;
    const span = check.source.textSpan(path, part.raw);
    check.findings.add(usageError(problem.code, problem.message, span, { help: problem.help }));
  }
  return parts;
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly help: string | undefined;
}

function problemOf(part: TemplatePart, rules: TemplateRules, environment: Environment): Problem | undefined {
  switch (part.kind) {
    case 'text':
      return undefined;
    case 'malformed':
      return {
        code: 'invalid-placeholder',
        message: `\`${part.raw}\` is no valid placeholder`,
        help: part.help,
      };
    case 'value':
      return valueProblem(part, rules);
    case 'environment':
      return environmentProblem(part, rules, environment);
    default:
      return part satisfies never;
  }
}

function valueProblem(
  part: Extract<TemplatePart, { kind: 'value' }>,
  rules: TemplateRules,
): Problem | undefined {
  const fields = rules.values.get(part.name);
  if (fields !== undefined && (part.field === undefined || fields.includes(part.field))) return undefined;
  const known = [...rules.values].flatMap(([name, each]) => [
    name,
    ...each.map((field) => `${name}.${field}`),
  ]);
  const written = part.raw.slice(1, -1);
  const listed = known.map((name) => `\`{${name}}\``).join(', ');
  return {
    code: 'undefined-placeholder',
    message: `nothing here is called \`${part.raw}\``,
    help:
      didYouMean(written, known)?.replace(/`(.*)`/, '`{$1}`') ??
      (listed === ''
        ? `no axis is defined here; write \`{{${written}}}\` for the braces themselves`
        : `here are ${listed}`),
  };
}

function environmentProblem(
  part: Extract<TemplatePart, { kind: 'environment' }>,
  rules: TemplateRules,
  environment: Environment,
): Problem | undefined {
  if (rules.environment === 'none') {
    return {
      code: 'environment-not-allowed',
      message: `the environment is not read here: \`${part.raw}\``,
      help: 'it is read in `registry`, `tags`, `secrets`, and in `args` for names listed under `env`',
    };
  }
  if (rules.environment !== 'all' && !rules.environment.has(part.name)) {
    return {
      code: 'undeclared-environment',
      message: `\`${part.name}\` is not listed under \`env\``,
      help:
        didYouMean(part.name, rules.environment) ??
        `add it: \`env: [${[...rules.environment, part.name].join(', ')}]\``,
    };
  }
  if (part.fallback !== undefined || environment[part.name] !== undefined) return undefined;
  return {
    code: 'missing-environment',
    message: `the environment variable \`${part.name}\` is not set`,
    help: `set it, or give a default: \`\${${part.name}:-default}\``,
  };
}

const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** True for a name that an environment variable or a build argument can have. */
export function isVariableName(text: string): boolean {
  return environmentName.test(text);
}

const nameComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

const longestName = 128;

/** True for one path component of a repository's name (distribution specification), at most 128 characters. */
export function isImageName(text: string): boolean {
  return text.length <= longestName && nameComponent.test(text);
}

/** What such a name looks like, for a help line; a character that cannot be told by looking at it is named. */
export function imageNameHelp(name: string): string {
  if (name.length > longestName) return `at most ${longestName} characters, it has ${name.length}`;
  const rule = 'lower-case letters and digits, with single `.` or `_`, or `-`, between them';
  const characters = [...name];
  const at = characters.findIndex((character) => !/[ -~]/.test(character));
  if (at < 0) return rule;
  const code = (characters[at] ?? '').codePointAt(0) ?? 0;
  return `${rule}; its character ${at + 1} is U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
