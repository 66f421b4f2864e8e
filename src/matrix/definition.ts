/**
 * One definition of matrix.yaml → its images: each placeholder checked once, then one image for each
 * combination of the axes' values. Whether the folders exist is tree.ts's question.
 */
import { parseReference } from '../../registry/reference.ts';
import type { Axis } from './axes.ts';
import { checkArguments } from './secret-arguments.ts';
import { checkTemplate, imageNameHelp, isImageName, isVariableName } from './check.ts';
import type { Check, TemplateRules } from './check.ts';
import { combinationsOf } from './combinations.ts';
import type { Combination } from './combinations.ts';
import type { Image, Lock, Resources } from './image-set.ts';
import { readOwnCheck } from './own-check.ts';
import { parseBytes } from './quantity.ts';
import { folderOf, parseRepositoryPath, pathHelp } from './repository-path.ts';
import type { BuildDefinition } from './schema.ts';
import { fillTemplate } from './template.ts';
import type { Filled, TemplatePart } from './template.ts';
import { invalidReference, usageError } from './usage-error.ts';
import { readWaivers } from './waivers.ts';
import type { YamlPath } from './yaml-source.ts';

/** An image whose places in the tree are still to be looked at. */
export interface PlannedImage {
  readonly image: Image;
  readonly context: string;
  /** True where the context is chosen by an axis from a file: then a missing folder is an empty context. */
  readonly contextFollowsFile: boolean;
  readonly path: YamlPath;
}

export interface Expansion {
  readonly images: readonly PlannedImage[];
  /** False where images were left out because something about them is wrong. */
  readonly complete: boolean;
}

/** What a definition is read against. */
export interface Surroundings {
  /** The names that `env` lists. */
  readonly declared: ReadonlySet<string>;
  readonly lock: Lock;
  /** YYYY-MM-DD. */
  readonly today: string;
}

/** Expands a definition; images whose name or places are wrong are told and left out. */
export function expandDefinition(
  check: Check,
  name: string,
  definition: BuildDefinition,
  axes: readonly Axis[],
  { declared, lock, today }: Surroundings,
): Expansion {
  const path: YamlPath = ['images', name];
  const errorsBefore = check.findings.errorCount;
  const combinations = combinationsOf(check, path, definition, axes);
  const templates = parseTemplates(check, path, name, definition, {
    axes,
    extras: combinations.extras,
    declared,
  });
  const readable = check.findings.errorCount === errorsBefore;
  const fileAxes = new Set(axes.filter((axis) => axis.fromFile).map((axis) => axis.name));
  checkProvidedReferences(check, path, definition.provides ?? []);
  const common: Common = {
    templates,
    path,
    axes: axes.map((axis) => axis.name),
    contextFollowsFile: templates.context.some((part) => part.kind === 'value' && fileAxes.has(part.name)),
    fields: {
      definition: name,
      kind: definition.kind,
      resources: readResources(check, path, definition),
      weight: definition.weight ?? 1,
      provides: definition.provides ?? [],
      platforms: readPlatforms(check, path, definition.platforms),
      check: readOwnCheck(check, path, definition),
      waivers: readWaivers(check, [...path, 'waivers'], definition.waivers ?? [], today),
      span: check.source.keySpan(path),
    },
  };
  // What is wrong in a template is told once; filling it in would tell it again for every image.
  if (!readable) return { images: [], complete: false };
  const images = combinations.all.flatMap((each) => planImage(check, common, each, lock) ?? []);
  const known = combinations.complete && axes.every((axis) => axis.complete);
  return { images, complete: known && images.length === combinations.all.length };
}

/** What all images of a definition have in common. */
interface Common {
  readonly templates: Templates;
  readonly path: YamlPath;
  /** Their names; a combination may hold more. */
  readonly axes: readonly string[];
  readonly contextFollowsFile: boolean;
  readonly fields: Pick<
    Image,
    'definition' | 'kind' | 'resources' | 'weight' | 'provides' | 'check' | 'platforms' | 'waivers' | 'span'
  >;
}

function planImage(
  check: Check,
  common: Common,
  combination: Combination,
  lock: Lock,
): PlannedImage | undefined {
  const { templates, path, axes, contextFollowsFile, fields } = common;
  const fill = (parts: readonly TemplatePart[]): Filled =>
    fillTemplate(parts, check.environment, (axis, field) => {
      const value = combination.get(axis);
      return field === undefined ? value?.name : value?.fields.get(field);
    });
  const name = wholeValue(check, [...path, 'name'], fill(templates.name));
  const context = pathValue(check, [...path, 'context'], fill(templates.context));
  const given = templates.dockerfile && pathValue(check, [...path, 'dockerfile'], fill(templates.dockerfile));
  const target = templates.target && wholeValue(check, [...path, 'target'], fill(templates.target));
  const maxSize = templates.maxSize && wholeValue(check, [...path, 'maxSize'], fill(templates.maxSize));
  if (name === undefined || context === undefined) return undefined;
  if (templates.dockerfile !== undefined && given === undefined) return undefined;
  if (!checkName(check, [...path, 'name'], name)) return undefined;
  const args = readArgs(templates.args, fill);
  checkArguments(check, path, args);
  const image: Image = {
    ...fields,
    name,
    context,
    dockerfile: given ?? (context === '.' ? 'Dockerfile' : `${context}/Dockerfile`),
    target,
    args,
    maxSize: readBytes(check, [...path, 'maxSize'], maxSize),
    axes: Object.fromEntries(axes.map((axis) => [axis, combination.get(axis)?.name ?? ''])),
    epoch: lock.epochs[name],
  };
  return { image, context, contextFollowsFile, path };
}

interface Templates {
  readonly name: readonly TemplatePart[];
  readonly context: readonly TemplatePart[];
  readonly dockerfile: readonly TemplatePart[] | undefined;
  readonly target: readonly TemplatePart[] | undefined;
  readonly maxSize: readonly TemplatePart[] | undefined;
  readonly args: ReadonlyMap<string, readonly TemplatePart[]>;
}

/** What the templates of a definition may name. */
interface Placeholders {
  readonly axes: readonly Axis[];
  readonly extras: readonly string[];
  /** Environment names, for `args` alone. */
  readonly declared: ReadonlySet<string>;
}

function parseTemplates(
  check: Check,
  path: YamlPath,
  name: string,
  definition: BuildDefinition,
  known: Placeholders,
): Templates {
  const { axes, extras, declared } = known;
  const values = new Map([
    ...axes.map((axis) => [axis.name, axis.fields] as const),
    ...extras.map((extra) => [extra, []] as const),
  ]);
  const rules: TemplateRules = { values, environment: 'none' };
  const { dockerfile, target, maxSize } = definition;
  const usual = [name, ...axes.map((axis) => `{${axis.name}}`)].join('-');
  for (const argument of Object.keys(definition.args ?? {}).filter((each) => !isVariableName(each))) {
    check.findings.add(
      usageError(
        'invalid-name',
        `\`${argument}\` cannot be the name of a build argument`,
        check.source.keySpan([...path, 'args', argument]),
        { help: 'letters, digits and `_`, not beginning with a digit' },
      ),
    );
  }
  return {
    name: checkTemplate(check, [...path, 'name'], definition.name ?? usual, rules),
    context: checkTemplate(check, [...path, 'context'], definition.context, rules),
    dockerfile:
      dockerfile === undefined ? undefined : checkTemplate(check, [...path, 'dockerfile'], dockerfile, rules),
    target: target === undefined ? undefined : checkTemplate(check, [...path, 'target'], target, rules),
    maxSize: maxSize === undefined ? undefined : checkTemplate(check, [...path, 'maxSize'], maxSize, rules),
    args: new Map(
      Object.entries(definition.args ?? {}).map(([argument, text]) => [
        argument,
        checkTemplate(check, [...path, 'args', argument], text, { values, environment: declared }),
      ]),
    ),
  };
}

/** A value in which every placeholder has to stand for something. */
function wholeValue(check: Check, path: YamlPath, filled: Filled): string | undefined {
  const [missing] = filled.empty;
  if (missing === undefined) return filled.text;
  const isField = missing.includes('.');
  const message = `\`${missing}\` is absent for some ${isField ? 'values of its axis' : 'combinations'}`;
  check.findings.add(
    usageError('absent-value', message, check.source.textSpan(path, missing), {
      help: `only \`args\` may name ${isField ? 'an optional field' : 'what not every combination has'}`,
    }),
  );
  return undefined;
}

function pathValue(check: Check, path: YamlPath, filled: Filled): string | undefined {
  const text = wholeValue(check, path, filled);
  if (text === undefined) return undefined;
  const folder = folderOf(check.source.fileOf(path));
  const parsed = parseRepositoryPath(text, folder);
  if (parsed.kind === 'path') return parsed.path;
  check.findings.add(
    usageError(parsed.code, parsed.message, check.source.valueSpan(path), { help: pathHelp(folder) }),
  );
  return undefined;
}

function checkName(check: Check, path: YamlPath, name: string): boolean {
  if (isImageName(name)) return true;
  const span = check.source.valueSpan(path);
  check.findings.add(
    usageError('invalid-name', `\`${name}\` cannot be an image's name`, span, { help: imageNameHelp(name) }),
  );
  return false;
}

function readArgs(
  args: Templates['args'],
  fill: (parts: readonly TemplatePart[]) => Filled,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...args].flatMap(([argument, parts]) => {
      const { text, empty } = fill(parts);
      const optional = parts.some((part) => part.kind === 'value' && empty.includes(part.raw));
      return optional || (text === '' && empty.length > 0) ? [] : [[argument, text]];
    }),
  );
}

function readResources(check: Check, path: YamlPath, definition: BuildDefinition): Resources {
  const { memory, cpu } = definition.resources ?? {};
  const bytes = readBytes(check, [...path, 'resources', 'memory'], memory);
  if (cpu !== undefined && !(cpu > 0 && Number.isFinite(cpu))) {
    const span = check.source.valueSpan([...path, 'resources', 'cpu']);
    check.findings.add(usageError('invalid-quantity', '`cpu` has to be a number above 0', span));
  }
  return { ...(bytes === undefined ? {} : { memory: bytes }), ...(cpu === undefined ? {} : { cpu }) };
}

function readBytes(check: Check, path: YamlPath, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseBytes(text);
  if (bytes === undefined) {
    check.findings.add(
      usageError('invalid-quantity', `\`${text}\` is no size`, check.source.valueSpan(path), {
        help: 'a number with a unit: `512Mi`, `2Gi`, `600MB`, `1.2GB`',
      }),
    );
  }
  return bytes;
}

function readPlatforms(
  check: Check,
  path: YamlPath,
  platforms: BuildDefinition['platforms'],
): readonly string[] {
  if (platforms?.length === 0) {
    const span = check.source.valueSpan([...path, 'platforms']);
    const help = 'take it out where the image is for all';
    check.findings.add(usageError('invalid-value', '`platforms` names none', span, { help }));
  }
  return platforms ?? [];
}

function checkProvidedReferences(check: Check, path: YamlPath, provides: readonly string[]): void {
  for (const [index, text] of provides.entries()) {
    const reference = parseReference(text);
    if (reference.kind === 'reference') continue;
    const span = check.source.valueSpan([...path, 'provides', index]);
    check.findings.add(invalidReference(reference, span));
  }
}
