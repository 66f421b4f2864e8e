/**
 * Images of which nothing is known before a template is filled in, or another file is read: told, so that nobody
 * believes them checked. Pure.
 */
import { isMap, isPair, isScalar, visit } from 'yaml';
import { parseReference } from '../../../registry/reference.ts';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { usageWarning } from '../../matrix/usage-error.ts';
import type { Release } from '../../run/schema.ts';
import { isImageKey, type ImagePlace } from './image-places.ts';
import type { ValuesDocuments } from './values-document.ts';

/** What programs put values into before Helm sees them, KubeSpawner's own `{value}` among them. */
export function isTemplate(text: string): boolean {
  return /[{}<>%]|\$\w|\$\(|^!/.test(text);
}

/** Undefined for what is no template. */
export function unknownYet(reference: string, span: SourceSpan): Diagnostic | undefined {
  // KubeSpawner asks the user for this one.
  const text = reference.replaceAll('{value}', '');
  if (!isTemplate(text)) return undefined;
  return usageWarning('filled-in', `\`${reference}\` is filled in later, and not looked at`, span, {
    help: 'check the file that comes of it',
  });
}

/** The images that are a family's more often than not, by where the chart has them. */
const usual: ReadonlySet<string> = new Set(['hub.image', 'proxy.chp.image', 'singleuser.image']);

/** A tag whose name another file has; undefined for images that other charts bring along. */
export function tagAlone({ steps }: ImagePlace, span: SourceSpan): Diagnostic | undefined {
  const path = steps.map(([name]) => name).join('.');
  if (!usual.has(path)) return undefined;
  return usageWarning(
    'no-name',
    `\`${path}\` has a tag here and no name: whose it is, this file does not say`,
    span,
    {
      help: 'name the file that has the name too: `--file common.yaml staging.yaml`',
    },
  );
}

/**
 * What users start, called like an image of the release and published elsewhere: the family's old address, more often
 * than not. Undefined for what is called otherwise; elsewhere in a chart (`pause`, `registry`) names meet by chance.
 */
export function publishedElsewhere(
  { steps }: ImagePlace,
  written: string,
  release: Release,
  span: SourceSpan,
): Diagnostic | undefined {
  if (!steps.some(([name]) => name === 'singleuser')) return undefined;
  const parsed = parseReference(written);
  if (parsed.kind === 'invalid-reference') return undefined;
  const { familiarName } = parsed;
  const slash = familiarName.lastIndexOf('/');
  const name = familiarName.slice(slash + 1);
  if (slash === -1 || !release.images.some((image) => image.name === name)) return undefined;
  const former = familiarName.slice(0, slash);
  return usageWarning(
    'published-elsewhere',
    `\`${familiarName}\` is left alone: the release’s \`${name}\` is published in \`${release.registry}\``,
    span,
    { help: `where it is the family’s old address: \`values: { formerly: [${former}] }\` in matrix.yaml` },
  );
}

/** `image: {{ image }}`: a map in a map to YAML. Its tag alone is told where the name is ours. */
export function bareTemplates({ documents, text, spans }: ValuesDocuments): readonly Diagnostic[] {
  if (!text.includes('{{')) return [];
  const told: Diagnostic[] = [];
  for (const document of documents) {
    visit(document, {
      Map(_, map, path) {
        const [key] = map.items.map((item) => item.key);
        if (map.flow !== true || !isMap(key) || !map.range) return;
        const [above, , within] = path.toReversed();
        const isHere = isPair(above) && isScalar(above.key) && isImageKey(above.key.value);
        const isName = isPair(above) && isScalar(above.key) && isNameKey(above.key.value);
        const isInside = isPair(within) && isScalar(within.key) && isImageKey(within.key.value);
        if (!isHere && !(isName && isInside)) return;
        const [start, end] = map.range;
        const trouble = unknownYet(text.slice(start, end), spans.at(start, end));
        if (trouble !== undefined) told.push(trouble);
      },
    });
  }
  return told;
}

function isNameKey(key: unknown): boolean {
  return key === 'name' || key === 'repository';
}
