/**
 * One selector of a command line, `+course-*` or `!role=student`: taken apart, and held against the family's names.
 * Who stands on whom is not known here: a selector only says that relatives are meant.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { nearName } from '../core/near-name.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Image, ImageSet } from './image-set.ts';
import { usageError } from './usage-error.ts';

export interface Selector {
  /** True where it takes images out of what the others choose: `!x`. */
  readonly excludes: boolean;
  /** With all that the images stand on: `+x`. */
  readonly ancestors: boolean;
  /** With all that stands on them: `x+`. */
  readonly descendants: boolean;
  readonly target: SelectorTarget;
}

export type SelectorTarget =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'glob'; readonly glob: string }
  /** Every condition has to hold. */
  | { readonly kind: 'axes'; readonly conditions: readonly AxisCondition[] };

export interface AxisCondition {
  readonly axis: string;
  /** A value of the axis, or a glob. */
  readonly value: string;
}

const shape = /^(!?)(\+?)([A-Za-z0-9*?][A-Za-z0-9._*?-]*)(\+?)$/;
const axesShape = /^(!?)(\+?)([A-Za-z][\w-]*=[A-Za-z0-9*?][A-Za-z0-9._*?,=-]*)(\+?)$/;

/** Takes a selector apart. Error: it is none; the help says what one looks like. */
export function parseSelector(text: string): Result<Selector, Diagnostic> {
  const match = shape.exec(text) ?? axesShape.exec(text);
  const target = match?.[3] === undefined ? undefined : parseTarget(match[3]);
  if (target === undefined) return err(notUnderstood(text));
  return ok({
    excludes: match?.[1] === '!',
    ancestors: match?.[2] === '+',
    descendants: match?.[4] === '+',
    target,
  });
}

function parseTarget(text: string): SelectorTarget | undefined {
  if (!text.includes('=')) {
    return /[*?]/.test(text) ? { kind: 'glob', glob: text } : { kind: 'name', name: text };
  }
  const conditions = text.split(',').map((condition) => /^([^=]+)=([^=]+)$/.exec(condition));
  const read = conditions.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [{ axis: match[1], value: match[2] }],
  );
  return read.length === conditions.length ? { kind: 'axes', conditions: read } : undefined;
}

function notUnderstood(text: string): Diagnostic {
  // `^x` is what others take where a shell makes something of its own of `!x`.
  const meant = text.startsWith('^') && shape.test(`!${text.slice(1)}`) ? `'!${text.slice(1)}'` : undefined;
  return usageError('invalid-selector', `\`${text}\` selects nothing`, undefined, {
    help:
      meant === undefined
        ? "write a name, a glob (`'course-*'`) or an axis value (`role=student`), perhaps with `+` or `!`"
        : `to leave images out, write \`${meant}\``,
  });
}

/** What a selector is held against. */
export type Choosable = Pick<ImageSet, 'images' | 'mirrors' | 'groups'>;

/**
 * Names of the images that a target means, relatives not counted. A name may be an image's, a definition's
 * (all its images) or a group's; a glob means images; an axis value means all images that have it.
 * Error: nothing is called so, with what was probably meant.
 */
export function imagesOf(set: Choosable, target: SelectorTarget): Result<readonly string[], Diagnostic> {
  switch (target.kind) {
    case 'name':
      return imagesByName(set, target.name);
    case 'glob':
      return imagesByGlob(set, target.glob);
    case 'axes':
      return imagesByAxes(set, target.conditions);
    default:
      return target satisfies never;
  }
}

function imagesByName(set: Choosable, name: string): Result<readonly string[], Diagnostic> {
  if (set.images.some((image) => image.name === name)) return ok([name]);
  const group = set.groups.get(name);
  if (group !== undefined) return ok(group);
  const ofDefinition = namesOf(set.images.filter((image) => image.definition === name));
  if (ofDefinition.length > 0) return ok(ofDefinition);
  if (set.mirrors.some((mirror) => mirror.name === name)) {
    return err(usageError('unknown-image', `\`${name}\` is a mirror; there is nothing to build`, undefined));
  }
  const near = nearName(name, knownNames(set));
  return err(
    unknownImage(
      `no image, definition or group is called \`${name}\``,
      near,
      '`build list` shows what there is',
    ),
  );
}

function imagesByGlob(set: Choosable, glob: string): Result<readonly string[], Diagnostic> {
  const matches = globMatcher(glob);
  const names = namesOf(set.images).filter(matches);
  if (names.length > 0) return ok(names);
  // What stands before the first wildcard is most of what was meant: `curse-*`, `corse*`.
  const [, lead = '', separator = '', rest = ''] = /^([^*?]*?)([._-]*)([*?].*)$/.exec(glob) ?? [];
  const near = nearName(lead, knownNames(set));
  return err(
    unknownImage(
      `no image's name is like \`${glob}\``,
      near === undefined ? undefined : `${near}${separator}${rest}`,
      '`*` stands for any characters, `?` for one; `build list` shows what there is',
    ),
  );
}

function imagesByAxes(
  set: Choosable,
  conditions: readonly AxisCondition[],
): Result<readonly string[], Diagnostic> {
  for (const { axis, value } of conditions) {
    const known = new Set(
      set.images.flatMap(({ axes }) => (Object.hasOwn(axes, axis) ? [axes[axis] ?? ''] : [])),
    );
    if (known.size === 0) {
      const axes = new Set(set.images.flatMap((image) => Object.keys(image.axes)));
      const message = `no image has an axis \`${axis}\``;
      return err(unknownImage(message, nearName(axis, axes), axesHelp(axes)));
    }
    if ([...known].some(globMatcher(value))) continue;
    const message = `no image has \`${value}\` for its axis \`${axis}\``;
    return err(unknownImage(message, nearName(value, known), `it has ${listed(known)}`));
  }
  const chosen = set.images.filter(({ axes }) =>
    conditions.every(({ axis, value }) => Object.hasOwn(axes, axis) && globMatcher(value)(axes[axis] ?? '')),
  );
  if (chosen.length > 0) return ok(namesOf(chosen));
  const written = conditions.map(({ axis, value }) => `${axis}=${value}`).join(',');
  return err(
    unknownImage(`no image has all of \`${written}\``, undefined, 'blanks between them choose what has any'),
  );
}

function globMatcher(glob: string): (text: string) => boolean {
  // A run of stars is one star, or matching takes time beyond measure.
  const source = glob.replace(/\*+/g, '*').replace(/[.*?]/g, (sign) => patterns[sign] ?? sign);
  const pattern = new RegExp(`^${source}$`);
  return (text) => pattern.test(text);
}

const patterns: Readonly<Record<string, string>> = { '.': '\\.', '*': '.*', '?': '.' };

function axesHelp(axes: ReadonlySet<string>): string {
  return axes.size === 0 ? 'no definition of matrix.yaml has axes' : `there are ${listed(axes)}`;
}

function listed(names: ReadonlySet<string>): string {
  const most = 8;
  const shown = [...names].slice(0, most).map((name) => `\`${name}\``);
  return names.size > most ? `${shown.join(', ')} and ${names.size - most} more` : shown.join(', ');
}

function knownNames(set: Choosable): ReadonlySet<string> {
  return new Set([...set.images.flatMap((image) => [image.name, image.definition]), ...set.groups.keys()]);
}

function namesOf(images: readonly Image[]): readonly string[] {
  return images.map((image) => image.name);
}

function unknownImage(message: string, near: string | undefined, otherwise: string): Diagnostic {
  const help = near === undefined ? otherwise : `did you mean \`${near}\`?`;
  return usageError('unknown-image', message, undefined, { help });
}
