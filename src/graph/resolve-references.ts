/**
 * Finds out, for one image, which references of its Dockerfile count and what each of them stands for: the
 * stages that its target needs (BuildKit leaves the others out), arguments filled in, names told apart from
 * stages. Pure; knows no other image but by name.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Image } from '../matrix/image-set.ts';
import { usageError } from '../matrix/usage-error.ts';
import { didYouMean } from '../core/near-name.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import type { ParsedDockerfile, ReferenceText, Stage } from './parsed-dockerfile.ts';
import type { Family } from './family.ts';
import { expandWord, type ExpansionError, type VariableLookup } from './shell-word.ts';
import { spanOf } from './text-span.ts';

/** A reference that leads out of the Dockerfile. */
export interface OutsideReference {
  readonly source: ReferenceText;
  /** As it stands, arguments filled in. */
  readonly text: string;
  readonly names:
    | { readonly kind: 'image'; readonly name: string }
    | { readonly kind: 'root'; readonly reference: Reference };
}

export interface ResolvedDockerfile {
  /** Indexes of the stages that the target needs, ascending. */
  readonly stages: readonly number[];
  /** In the order in which they stand in the file. */
  readonly references: readonly OutsideReference[];
  /** Whether a FROM that counts says something else for another platform. */
  readonly isOfPlatform: boolean;
  readonly errors: readonly Diagnostic[];
}

/** What of an image decides its references. */
export type ReferringImage = Pick<Image, 'name' | 'target' | 'args' | 'epoch' | 'span'>;

/** Build arguments as matrix.yaml and matrix.lock give them, whether the Dockerfile declares them or not. */
export function givenArgs(image: Pick<Image, 'args' | 'epoch'>): Readonly<Record<string, string>> {
  return image.epoch === undefined ? image.args : { EPOCH: image.epoch, ...image.args };
}

/**
 * Resolves the references that `image` draws on. `platform` (`linux/amd64`) gives TARGETARCH and its like.
 * Errors: unknown target stage, undeclared argument in a FROM, a variable in `--from`, an invalid reference.
 */
export function resolveDockerfile(
  image: ReferringImage,
  dockerfile: ParsedDockerfile,
  family: Family,
  platform: string,
): ResolvedDockerfile {
  const resolver = new Resolver(image, dockerfile, family, platform);
  const target = resolver.targetStage();
  if (target !== undefined) resolver.visit(target);
  return resolver.result();
}

class Resolver {
  readonly #image: ReferringImage;
  readonly #dockerfile: ParsedDockerfile;
  readonly #family: Family;
  readonly #scope: ReadonlyMap<string, Argument>;
  #isOfPlatform = false;
  readonly #reached = new Set<number>();
  readonly #references: OutsideReference[] = [];
  readonly #errors: Diagnostic[] = [];

  constructor(image: ReferringImage, dockerfile: ParsedDockerfile, family: Family, platform: string) {
    this.#image = image;
    this.#dockerfile = dockerfile;
    this.#family = family;
    this.#scope = globalScope(dockerfile, givenArgs(image), platform);
  }

  targetStage(): Stage | undefined {
    const { stages } = this.#dockerfile;
    const { target } = this.#image;
    if (target === undefined) return stages.at(-1);
    const found = stages.findLast(({ name }) => name === target.toLowerCase());
    if (found === undefined) {
      const names = stages.flatMap((stage) => stage.name ?? []);
      const known = names.length === 0 ? 'no stage has a name' : `stages: ${names.join(', ')}`;
      const help = didYouMean(target, names) ?? known;
      const message = `\`${this.#dockerfile.file}\` has no stage \`${target}\``;
      this.#errors.push(usageError('unknown-target', message, this.#image.span, { help }));
    }
    return found;
  }

  visit(stage: Stage): void {
    if (this.#reached.has(stage.index)) return;
    this.#reached.add(stage.index);
    const base = this.#expand(stage.base);
    if (base !== undefined && base !== 'scratch') this.#followBase(stage, base);
    for (const reference of stage.references) {
      if (/\$./.test(reference.text)) this.#refuseVariable(reference);
      else this.#followSource(stage, reference);
    }
  }

  result(): ResolvedDockerfile {
    return {
      stages: [...this.#reached].toSorted((a, b) => a - b),
      references: this.#references.toSorted((a, b) => a.source.range.start - b.source.range.start),
      isOfPlatform: this.#isOfPlatform,
      errors: this.#errors,
    };
  }

  /** A FROM knows the stages before it, in lower case alone: BuildKit takes any other word for an image. */
  #followBase(stage: Stage, text: string): void {
    const before = this.#dockerfile.stages.slice(0, stage.index);
    const base = before.findLast(({ name }) => name === text);
    if (base === undefined) this.#followOutside(stage.base, text);
    else this.visit(base);
  }

  /** `--from` knows stages by number too, and refuses those that come too late. */
  #followSource(stage: Stage, source: ReferenceText): void {
    const { stages } = this.#dockerfile;
    const isNumber = /^\d+$/.test(source.text);
    const name = source.text.toLowerCase();
    const found = isNumber ? stages[Number(source.text)] : stages.findLast((other) => other.name === name);
    if (found !== undefined && found.index < stage.index) {
      this.visit(found);
    } else if (found !== undefined || isNumber) {
      const help = 'a stage can only draw on those that stand before it';
      this.#error('stage-too-late', `there is no stage \`${source.text}\` before this one`, source, help);
    } else {
      this.#followOutside(source, source.text);
    }
  }

  #followOutside(source: ReferenceText, text: string): void {
    const name = this.#family.find(text);
    if (name !== undefined) {
      this.#references.push({ source, text, names: { kind: 'image', name } });
      return;
    }
    const reference = parseReference(text);
    if (reference.kind === 'reference') {
      this.#references.push({ source, text, names: { kind: 'root', reference } });
    } else {
      this.#error('invalid-reference', `\`${text}\` is not an image reference`, source, reference.message);
    }
  }

  #expand(base: ReferenceText): string | undefined {
    const lookup: VariableLookup = (name) => {
      const found = this.#scope.get(name);
      if (found?.isOfPlatform === true) this.#isOfPlatform = true;
      return found;
    };
    const expanded = expandWord(base.text, lookup, this.#dockerfile.escape);
    if (!expanded.ok) {
      this.#refuseExpansion(base, expanded.error);
      return undefined;
    }
    if (expanded.value.trim() !== '') return expanded.value;
    const help = 'give its arguments a default, or a value under `args:`';
    this.#error('empty-reference', `\`${base.text}\` is empty for image \`${this.#image.name}\``, base, help);
    return undefined;
  }

  #refuseExpansion(base: ReferenceText, error: ExpansionError): void {
    if (error.kind === 'malformed') {
      this.#error('invalid-reference', `\`${base.text}\` is not understood: ${error.message}`, base);
      return;
    }
    const declared = this.#dockerfile.globalArgs.map(({ name }) => name);
    const help = didYouMean(error.name, declared) ?? `write \`ARG ${error.name}\` before the first FROM`;
    this.#error('undefined-argument', `\`${error.name}\` is not declared before the first FROM`, base, help);
  }

  #refuseVariable(reference: ReferenceText): void {
    const help = `write a stage \`FROM ${reference.text} AS name\` and name it here`;
    this.#error(
      'variable-in-from',
      `BuildKit fills in no variables here: \`${reference.text}\``,
      reference,
      help,
    );
  }

  #error(code: string, message: string, source: ReferenceText, help?: string): void {
    const span = spanOf(this.#dockerfile.file, this.#dockerfile.text, source.range);
    this.#errors.push(usageError(code, message, span, { help }));
  }
}

/** An argument's value, and whether it would be another on another platform. */
interface Argument {
  readonly value: string;
  readonly set: boolean;
  readonly isOfPlatform: boolean;
}

/** The arguments that a FROM may use: those declared before the first one, and BuildKit's own for platforms. */
function globalScope(
  dockerfile: ParsedDockerfile,
  given: Readonly<Record<string, string>>,
  platform: string,
): ReadonlyMap<string, Argument> {
  const values = new Map<string, Argument>();
  const give = (name: string, value: string): void =>
    void values.set(name, { value, set: true, isOfPlatform: false });
  const givenTo = (name: string): string | undefined =>
    Object.hasOwn(given, name) ? given[name] : undefined;
  for (const [name, value] of platformArgs(platform)) {
    const own = givenTo(name);
    if (own === undefined) values.set(name, { value, set: true, isOfPlatform: true });
    else give(name, own);
  }
  for (const { name, defaultText } of dockerfile.globalArgs) {
    const value = givenTo(name);
    if (value !== undefined) give(name, value);
    else if (defaultText !== undefined) {
      let isOfPlatform = false;
      // Within a default BuildKit takes an undeclared name for an empty one.
      const lenient: VariableLookup = (used) => {
        const found = values.get(used) ?? unset;
        isOfPlatform ||= found.isOfPlatform;
        return found;
      };
      const expanded = expandWord(defaultText, lenient, dockerfile.escape);
      values.set(name, { value: expanded.ok ? expanded.value : '', set: expanded.ok, isOfPlatform });
    } else if (!values.has(name)) values.set(name, unset);
  }
  return values;
}

const unset: Argument = { value: '', set: false, isOfPlatform: false };

function platformArgs(platform: string): readonly (readonly [string, string])[] {
  const [os = '', architecture = '', variant = ''] = platform.split('/');
  return ['TARGET', 'BUILD'].flatMap((prefix) => [
    [`${prefix}PLATFORM`, platform] as const,
    [`${prefix}OS`, os] as const,
    [`${prefix}ARCH`, architecture] as const,
    [`${prefix}VARIANT`, variant] as const,
  ]);
}
