/**
 * Images of one definition that declare different versions of PyTorch (`TORCH` among their arguments): a notebook that
 * was tried on the one may fail on the other. Nothing is wrong with either, so it is a warning. Pure.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Image } from '../matrix/image-set.ts';

/** What is declared, as text, and what makes it all one. */
const versionArgument = 'TORCH';
const indexArgument = 'TORCH_INDEX';

/** One warning for each definition of kind `pytorch` that has an image among the chosen ones; `all` is the family. */
export function torchSkew(chosen: readonly Image[], all: readonly Image[]): readonly Diagnostic[] {
  const definitions = new Set(
    chosen.flatMap(({ kind, definition }) => (kind === 'pytorch' ? definition : [])),
  );
  return [...definitions].flatMap((definition) => {
    const images = all.filter((image) => image.definition === definition);
    const versions = images.flatMap(({ name, args }) => {
      const version = args[versionArgument];
      return version === undefined || args[indexArgument] !== undefined ? [] : [{ name, version }];
    });
    const [first] = versions;
    const other = versions.find(({ version }) => version !== first?.version);
    // With an index of CPU wheels every image has the locked version.
    const sameByIndex = images.some(({ args }) => args[indexArgument] !== undefined);
    if (first === undefined || other === undefined || sameByIndex) return [];
    return [
      {
        category: 'usage',
        severity: 'warning',
        code: 'torch-skew',
        message: `\`${first.name}\` brings torch ${first.version}, \`${other.name}\` torch ${other.version}`,
        ...(images[0] === undefined ? {} : { span: images[0].span }),
        help: `with an index of CPU wheels in ${indexArgument} both have the same (docs/images.md)`,
      },
    ];
  });
}
