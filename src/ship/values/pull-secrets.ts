/** Whether the chart is told the Secret that our registry wants, in its `imagePullSecrets`. Pure. */
import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { usageError } from '../../matrix/usage-error.ts';
import { shownScalar, type ImagePlace } from './image-places.ts';
import { scalarPlace, type ScalarPlace } from './scalar-place.ts';
import type { ScalarUse } from './settle-uses.ts';
import type { ValuesDocuments } from './values-document.ts';

interface PullSecretUses {
  readonly uses: readonly ScalarUse[];
  readonly problems: readonly Diagnostic[];
}

const nothing: PullSecretUses = { uses: [], problems: [] };

/**
 * A list of one entry is brought to `wanted`; of several nobody could say which is for our registry, and where there
 * is none there is no scalar to change: both are told.
 */
export function pullSecretUses(
  values: ValuesDocuments,
  companions: readonly ValuesDocuments[],
  ours: readonly ImagePlace[],
  wanted: string | undefined,
): PullSecretUses {
  if (wanted === undefined) return nothing;
  const users = ours.find(isUsersImage);
  const [first] = ours.filter(
    (place) => !hasOwn(place, wanted) && !(users !== undefined && hasOwn(users, wanted) && isUsers(place)),
  );
  if (first === undefined || [values, ...companions].some((each) => makes(each, wanted))) return nothing;
  const own = secretsOf(values);
  const others = companions.flatMap(secretsOf);
  if ([...own, ...others].some(({ value }) => value === wanted)) return nothing;
  const [scalar] = own;
  if (scalar !== undefined && own.length === 1) {
    const at = 'imagePullSecrets';
    return { uses: [{ image: at, path: at, scalar, to: wanted }], problems: [] };
  }
  // It is changed there.
  if (own.length === 0 && others.length === 1) return nothing;
  const problem = usageError(
    'no-pull-secret',
    `\`imagePullSecrets\` does not name \`${wanted}\`, without which no node may pull this`,
    shownScalar(first).span,
    { help: `write it where the chart's values begin: \`imagePullSecrets: [{ name: ${wanted} }]\`` },
  );
  return { uses: [], problems: [problem] };
}

/** Named at the image itself. */
function hasOwn(place: ImagePlace, wanted: string): boolean {
  return place.form === 'pair' && place.pullSecrets.includes(wanted);
}

function isUsersImage({ steps }: ImagePlace): boolean {
  return steps.map(([name]) => name).join('.') === 'singleuser.image';
}

/** Profiles start with the Secrets of `singleuser.image`. */
function isUsers({ steps: [first] }: ImagePlace): boolean {
  return first?.includes('singleuser') === true;
}

/** The chart makes a Secret itself, and names it to all of its pods. */
function makes(values: ValuesDocuments, wanted: string): boolean {
  return values.documents
    .flatMap(({ contents }) => (isMap(contents) ? chartTops(contents) : []))
    .some((top) => {
      const prefix = top.get('fullnameOverride');
      const name = `${typeof prefix === 'string' && prefix !== '' ? `${prefix}-` : ''}image-pull-secret`;
      const isMade = top.getIn(['imagePullSecret', 'create']) === true;
      return (
        isMade && wanted === name && top.getIn(['imagePullSecret', 'automaticReferenceInjection']) !== false
      );
    });
}

function secretsOf(values: ValuesDocuments): readonly ScalarPlace[] {
  return values.documents
    .flatMap(({ contents }) => (isMap(contents) ? chartTops(contents) : []))
    .flatMap((top) => {
      const list = top.get('imagePullSecrets');
      return isSeq(list) ? list.items : [];
    })
    .flatMap((item) => {
      const name = isMap(item) ? item.get('name', true) : isScalar(item) ? item : undefined;
      return scalarPlace(name, values) ?? [];
    });
}

/** The maps in which the chart's own keys stand: the top, and `jupyterhub` in it or one below. */
function chartTops(top: YAMLMap): readonly YAMLMap[] {
  const below = top.items.flatMap(({ value }) => (isMap(value) ? [value] : []));
  const inner = [top, ...below].flatMap((map) => {
    const found = map.get('jupyterhub');
    return isMap(found) ? [found] : [];
  });
  return [top, ...inner];
}
