/**
 * Brings the images in a text of Helm values up to a release: the bytes of the changed scalars differ and no others,
 * so that comments, order, anchors, quoting and line ends stay as they are. Pure.
 */
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { ValuesSettings } from '../../matrix/image-set.ts';
import type { Release } from '../../run/schema.ts';
import { findImagePlaces, shownScalar, type ImagePlace, type PairPlace } from './image-places.ts';
import { leadsTo, matchPlace, noValuesSettings, type Wanted } from './match-release.ts';
import { pullSecretUses } from './pull-secrets.ts';
import { sealTrouble } from './sealed-file.ts';
import { settleUses, type Edit, type ScalarUse } from './settle-uses.ts';
import type { ScalarPlace } from './scalar-place.ts';
import type { ValuesDocuments } from './values-document.ts';

/** One scalar that is not what the release has. */
export interface ValueChange {
  readonly image: string;
  readonly path: string;
  readonly span: SourceSpan;
  readonly from: string;
  readonly to: string;
}

export interface EditedValues {
  /** The whole text as it should be. */
  readonly text: string;
  readonly changes: readonly ValueChange[];
  /** Places that name an image of the release, right or wrong. */
  readonly ours: number;
  /** What should be otherwise and cannot be made so by changing a scalar: images that no release has, among others. */
  readonly problems: readonly Diagnostic[];
  /** Indexes of those paths in `values:` of matrix.yaml that lead to a place of this file. */
  readonly followed: ReadonlySet<number>;
}

/** What the deployment says beside this file. */
export interface Deployment {
  readonly release: Release;
  readonly settings?: ValuesSettings;
  /** The other files that the chart gets as well: a name may stand in one and its tag in another. */
  readonly companions?: readonly ValuesDocuments[];
}

/** The edited text and what is to be told of it. */
export function editValues(values: ValuesDocuments, deployment: Deployment): EditedValues {
  const { release, settings = noValuesSettings } = deployment;
  const { places, aliasCounts, mergeCounts } = findImagePlaces(values);
  const companions = deployment.companions ?? [];
  const elsewhere = pairsOf(companions);
  const uses: ScalarUse[] = [];
  const problems: Diagnostic[] = [];
  const followed = new Set<number>();
  const oursAt: ImagePlace[] = [];
  for (const place of places) {
    for (const [index, { path }] of settings.images.entries())
      if (leadsTo(path, place.steps)) followed.add(index);
    const other = elsewhere.get(keyOf(place));
    const match = matchPlace(place, release, settings, other?.name?.value);
    if (match.kind === 'unknown') problems.push(notReleased(place, match.name));
    if (match.kind !== 'ours') continue;
    oursAt.push(place);
    uses.push(...usesOf(place, match.wanted));
    if (place.form === 'pair' && place.tag === undefined && other?.tag === undefined)
      problems.push(noTag(shownScalar(place).span, match.wanted));
  }
  const secrets = pullSecretUses(values, companions, oursAt, settings.pullSecret);
  const settled = settleUses([...uses, ...secrets.uses], aliasCounts, mergeCounts);
  problems.push(...settled.problems, ...secrets.problems);
  const sealed = sealTrouble(values, settled.edits);
  problems.push(...(sealed ?? []));
  const edits = sealed === undefined ? settled.edits : [];
  return { text: applied(values.text, edits), changes: edits, ours: oursAt.length, problems, followed };
}

/** Name and tag of each pair, by where the chart reads them. */
function pairsOf(
  companions: readonly ValuesDocuments[],
): ReadonlyMap<string, { readonly name?: ScalarPlace; readonly tag?: ScalarPlace }> {
  const pairs = new Map<string, { readonly name?: ScalarPlace; readonly tag?: ScalarPlace }>();
  const all = companions.flatMap((each) => findImagePlaces(each).places);
  for (const place of all.filter((each): each is PairPlace => each.form === 'pair')) {
    const { name, tag } = place;
    pairs.set(keyOf(place), {
      ...pairs.get(keyOf(place)),
      ...(name === undefined ? {} : { name }),
      ...(tag === undefined || tag.value === '' ? {} : { tag }),
    });
  }
  return pairs;
}

function keyOf({ steps }: ImagePlace): string {
  return steps.map(([name]) => name).join('.');
}

function usesOf(place: ImagePlace, { image, repository, tag, digest }: Wanted): readonly ScalarUse[] {
  const use = (scalar: ScalarPlace | undefined, to: string): readonly ScalarUse[] =>
    scalar === undefined ? [] : [{ image, path: place.path, scalar, to }];
  if (place.form === 'string') return use(place.reference, `${repository}:${tag}@${digest}`);
  // Where the digest has a scalar of its own, the chart would put it to the tag's a second time.
  const apart = place.digest !== undefined;
  return [
    ...use(place.name, repository),
    ...use(place.tag, apart ? tag : `${tag}@${digest}`),
    ...use(place.digest, digest),
  ];
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = '';
  let done = 0;
  for (const { start, end, written } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(done, start) + written;
    done = end;
  }
  return result + text.slice(done);
}

function notReleased(place: ImagePlace, name: string): Diagnostic {
  return usageError('not-released', `the release has no image \`${name}\``, shownScalar(place).span, {
    help: 'publish it (`./build images --push`), or name another',
  });
}

function noTag(span: SourceSpan, { tag, digest }: Wanted): Diagnostic {
  return usageError('no-tag', 'there is no `tag:` beside this name that could be set', span, {
    help: `write it below: \`tag: "${tag}@${digest}"\`; where another file has it, name that too`,
  });
}
