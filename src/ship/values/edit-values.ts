/**
 * Brings the images in a text of Helm values up to a release: the bytes of the changed scalars differ and no others,
 * so that comments, order, anchors, quoting and line ends stay as they are. Pure.
 */
import { DOCKER_HUB } from '../../../registry/reference.ts';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { ValuesSettings } from '../../matrix/image-set.ts';
import type { Release } from '../../run/schema.ts';
import { distinctChoices } from './distinct-choices.ts';
import {
  findImagePlaces,
  pairName,
  placeText,
  shownScalar,
  type ImagePlace,
  type PairPlace,
} from './image-places.ts';
import { leadsTo, matchPlace, noValuesSettings, type Wanted } from './match-release.ts';
import { mentionsOf, notReleased } from './mentions.ts';
import { pullSecretUses } from './pull-secrets.ts';
import type { Readers } from './scalar-readers.ts';
import { sealTrouble } from './sealed-file.ts';
import { settleUses, type Edit, type ScalarUse } from './settle-uses.ts';
import type { ScalarPlace } from './scalar-place.ts';
import { bareTemplates, publishedElsewhere, tagAlone, unknownYet } from './unfilled-images.ts';
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
  const { places, readers } = findImagePlaces(values);
  const companions = deployment.companions ?? [];
  const elsewhere = pairsOf(companions);
  const uses: ScalarUse[] = [];
  const problems: Diagnostic[] = [];
  const followed = new Set<number>();
  const oursAt: ImagePlace[] = [];
  const read = new Set<number>();
  const unknown: Diagnostic[] = [...bareTemplates(values)];
  const foreign: ScalarPlace[] = [];
  const found = places.map((place) => {
    const other = elsewhere.get(keyOf(place));
    return { place, other, match: matchPlace(place, release, settings, other?.name) };
  });
  const kept = distinctChoices(
    found.flatMap(({ place, other, match }) =>
      match.kind === 'ours'
        ? [{ place, image: match.wanted.image, written: placeText(place, other?.name) }]
        : [],
    ),
    settings,
  );
  for (const { place, other, match } of found) {
    for (const [index, { path }] of settings.images.entries())
      if (leadsTo(path, place.steps)) followed.add(index);
    const apart = kept.get(place);
    if (match.kind !== 'ours' || apart !== undefined) foreign.push(...scalarsOf(place));
    if (match.kind === 'foreign') {
      const text = placeText(place, other?.name);
      const { span } = shownScalar(place);
      const yet = text.startsWith(':')
        ? tagAlone(place, span)
        : (unknownYet(text, span) ?? publishedElsewhere(place, text, release, span));
      if (yet !== undefined) unknown.push(yet);
      continue;
    }
    for (const { origin } of scalarsOf(place)) read.add(origin);
    if (match.kind === 'unknown') problems.push(notReleased(match.name, shownScalar(place).span));
    else if (apart !== undefined) {
      oursAt.push(place);
      problems.push(apart);
    } else {
      oursAt.push(place);
      uses.push(...usesOf(place, match.wanted, other?.hasTag === true));
      if (lacksTag(place) && other?.hasTag !== true)
        problems.push(noTag(shownScalar(place).span, match.wanted));
    }
  }
  const secrets = pullSecretUses(values, companions, oursAt, settings.pullSecret);
  const settled = settleUses([...uses, ...secrets.uses], withForeign(readers, foreign));
  problems.push(...settled.problems, ...secrets.problems);
  const mentions = mentionsOf(values, read, release, settings);
  const lines = new Set(mentions.map(({ span }) => span?.line));
  problems.push(...mentions, ...unknown.filter(({ span }) => !lines.has(span?.line)));
  const sealed = sealTrouble(values, settled.edits);
  problems.push(...(sealed ?? []));
  const edits = sealed === undefined ? settled.edits : [];
  return { text: applied(values.text, edits), changes: edits, ours: oursAt.length, problems, followed };
}

/** What somebody else's image says is read there, whoever of ours merges the same in. */
function withForeign(readers: Readers, foreign: readonly ScalarPlace[]): Readers {
  const reads = new Map(
    foreign.flatMap(({ origin, span, alias }) =>
      alias === undefined
        ? [[origin, span] as const]
        : [[origin, alias.span] as const, [alias.start, alias.span] as const],
    ),
  );
  const all = new Map(readers);
  // No place of ours is at -1.
  for (const [read, span] of reads) all.set(read, [...(all.get(read) ?? []), { at: -1, span }]);
  return all;
}

/** What the other files say of a pair. */
interface Elsewhere {
  readonly name: string | undefined;
  readonly hasTag: boolean;
}

/** Name and tag of each pair, by where the chart reads them. */
function pairsOf(companions: readonly ValuesDocuments[]): ReadonlyMap<string, Elsewhere> {
  const pairs = new Map<string, Elsewhere>();
  for (const place of companions.flatMap((each) => findImagePlaces(each).places)) {
    if (place.form !== 'pair') continue;
    const before = pairs.get(keyOf(place));
    const hasTag = before?.hasTag === true || (place.tag !== undefined && place.tag.value !== '');
    pairs.set(keyOf(place), { name: pairName(place) ?? before?.name, hasTag });
  }
  return pairs;
}

function keyOf({ steps }: ImagePlace): string {
  return steps.map(([name]) => name).join('.');
}

function scalarsOf(place: ImagePlace): readonly ScalarPlace[] {
  if (place.form === 'string') return [place.reference];
  return [place.name, place.registry, place.tag, place.digest].filter((each) => each !== undefined);
}

/** A name alone may hold the tag itself. */
function lacksTag(place: ImagePlace): boolean {
  return place.form === 'pair' && place.tag === undefined && !isWhole(place);
}

function isWhole({ name, tag }: PairPlace): boolean {
  return tag === undefined && name !== undefined && /[:@][^/]*$/.test(name.value);
}

function usesOf(
  place: ImagePlace,
  { image, repository, tag, digest }: Wanted,
  hasTagElsewhere: boolean,
): readonly ScalarUse[] {
  const use = (scalar: ScalarPlace | undefined, to: string): readonly ScalarUse[] =>
    scalar === undefined ? [] : [{ image, path: place.path, scalar, to }];
  const whole = `${repository}:${tag}@${digest}`;
  if (place.form === 'string') return use(place.reference, whole);
  if (isWhole(place) && !hasTagElsewhere && place.registry === undefined) return use(place.name, whole);
  // Where the digest has a scalar of its own, the chart would put it to the tag's a second time.
  const apart = place.digest !== undefined;
  const [host, path] =
    place.registry === undefined ? ['', repository] : splitName(repository, place.registry);
  return [
    ...use(place.registry, host),
    ...use(place.name, path),
    ...use(place.tag, apart ? tag : `${tag}@${digest}`),
    ...use(place.digest, digest),
  ];
}

/** A name over `registry:` and `repository:`: a registry that is right already stays, however much of it that is. */
function splitName(repository: string, { value }: ScalarPlace): readonly [string, string] {
  if (repository.startsWith(`${value}/`)) return [value, repository.slice(value.length + 1)];
  const [first = '', ...rest] = repository.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? [first, rest.join('/')] : [DOCKER_HUB, repository];
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

function noTag(span: SourceSpan, { tag, digest }: Wanted): Diagnostic {
  return usageError('no-tag', 'there is no `tag:` beside this name that could be set', span, {
    help: `write it below: \`tag: "${tag}@${digest}"\`; where another file has it, name that too`,
  });
}
