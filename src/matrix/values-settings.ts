/**
 * What matrix.yaml says about Helm values: `values`. Which files there are, and what stands in them, is the ship
 * room's matter.
 */
import { didYouMean } from '../core/near-name.ts';
import { isValidRegistry, parseReference } from '../../registry/reference.ts';
import type { Check } from './check.ts';
import type { Image, Mirror, ValuesSettings } from './image-set.ts';
import type { MatrixFile } from './schema.ts';
import { usageError } from './usage-error.ts';

/** What may be named. */
interface Family {
  readonly images: readonly Image[];
  readonly mirrors: readonly Mirror[];
  /** False where some images are not known because of other errors; then nobody is called unknown. */
  readonly complete: boolean;
}

/** The settings, empty where nothing is said. */
export function readValuesSettings(check: Check, content: MatrixFile, family: Family): ValuesSettings {
  const { images = {}, formerly = [], pullSecret } = content.values ?? {};
  const rules = Object.entries(images).map(([text, image]) => {
    checkImage(check, text, image, family);
    const path = text.split('.');
    if (path.includes('')) {
      const span = check.source.keySpan(['values', 'images', text]);
      const help = 'keys with one dot between them: `singleuser.profileList.*.kubespawner_override.image`';
      check.findings.add(usageError('invalid-path', `\`${text}\` is no path of keys`, span, { help }));
    }
    return { path, image, span: check.source.keySpan(['values', 'images', text]) };
  });
  for (const [index, registry] of formerly.entries()) checkRegistry(check, registry, index);
  if (pullSecret !== undefined && !isKubernetesName(pullSecret)) {
    const span = check.source.valueSpan(['values', 'pullSecret']);
    const help = 'lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit';
    check.findings.add(
      usageError('invalid-name', `\`${pullSecret}\` is no name of a Secret`, span, { help }),
    );
  }
  return { images: rules, formerly, pullSecret };
}

function checkImage(check: Check, at: string, name: string, { images, mirrors, complete }: Family): void {
  const span = check.source.valueSpan(['values', 'images', at]);
  const image = images.find((each) => each.name === name);
  if (image?.kind === 'builder') {
    const message = `\`${name}\` is a builder, and never published`;
    check.findings.add(usageError('unknown-image', message, span, { help: 'name an image that is started' }));
  }
  if (image !== undefined || !complete || mirrors.some((each) => each.name === name)) return;
  const names = [...images, ...mirrors].map((each) => each.name);
  check.findings.add(
    usageError('unknown-image', `the family has no image \`${name}\``, span, {
      help: didYouMean(name, names),
    }),
  );
}

function checkRegistry(check: Check, registry: string, index: number): void {
  if (isValidRegistry(registry) || parseReference(registry).kind === 'reference') return;
  const span = check.source.valueSpan(['values', 'formerly', index]);
  const help = 'as `registry:` says it: `old.example.org/jupyter`';
  check.findings.add(usageError('invalid-registry', `\`${registry}\` is no registry`, span, { help }));
}

function isKubernetesName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(text);
}
