/**
 * What matrix.yaml says about groups of Kubernetes nodes: `pools`. Which digests their images have is a release's
 * matter, and what becomes of them the ship room's.
 */
import type { Check } from './check.ts';
import type { ImageSet, Pool, Toleration } from './image-set.ts';
import { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue } from './kubernetes-names.ts';
import { parseBytes } from './quantity.ts';
import type { PoolEntry } from './pool-schema.ts';
import type { MatrixFile } from './schema.ts';
import { imagesOf, parseSelector } from './selector.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** What a pool's `images` may name. */
export type PoolImages = Pick<ImageSet, 'images' | 'mirrors' | 'groups'>;

/** Nodes that pull at once where nothing is said: a quarter, so that a registry is not asked by all at the same moment. */
export const defaultStagger = '25%';

/** The pools in the order of the file. `family` is undefined while other mistakes leave open which images there are. */
export function readPools(
  check: Check,
  pools: MatrixFile['pools'],
  family: PoolImages | undefined,
): readonly Pool[] {
  return Object.entries(pools ?? {}).map(([name, entry]) => {
    const path = ['pools', name];
    if (!isDnsLabel(name)) {
      const message = `\`${name}\` cannot be a pool's name`;
      tell(check, 'invalid-name', message, check.source.keySpan(path), dnsLabelHelp);
    }
    checkNames(check, path, entry);
    const { nodes, namespace, serviceAccount, priorityClass } = entry;
    return {
      name,
      images: family === undefined ? [] : chooseImages(check, path, entry.images, family),
      selector: readSelector(check, path, entry.selector ?? {}),
      tolerations: readTolerations(check, path, entry.tolerations ?? []),
      nodes,
      diskBytes: readBytes(check, [...path, 'disk'], entry.disk),
      bytesPerSecond: readBytes(check, [...path, 'bandwidth'], entry.bandwidth),
      stagger: readStagger(check, [...path, 'stagger'], entry.stagger),
      namespace,
      pullSecrets: entry.pullSecrets ?? [],
      serviceAccount,
      priorityClass,
      span: check.source.keySpan(path),
    };
  });
}

const dnsLabelHelp = 'lower-case letters, digits and `-` between them, at most 63';
const dnsSubdomainHelp = 'lower-case letters and digits, with `-` and `.` between them, at most 253';

function tell(
  check: Check,
  code: string,
  message: string,
  span: Parameters<typeof usageError>[2],
  help: string,
): void {
  check.findings.add(usageError(code, message, span, { help }));
}

/** Images and mirrors that the selectors choose together, in the family's order. */
function chooseImages(
  check: Check,
  path: YamlPath,
  selectors: readonly string[],
  family: PoolImages,
): readonly string[] {
  const chosen = new Set<string>();
  const left = new Set<string>();
  let understood = true;
  for (const [index, text] of selectors.entries()) {
    const span = check.source.valueSpan([...path, 'images', index]);
    const parsed = parseSelector(text);
    if (!parsed.ok) {
      understood = false;
      check.findings.add({ ...parsed.error, span });
      continue;
    }
    const { excludes, ancestors, descendants, target } = parsed.value;
    if (ancestors || descendants) {
      understood = false;
      const message = `\`${text}\` means relatives, which nobody pulls for their own sake`;
      tell(check, 'invalid-selector', message, span, 'leave out the `+`: layers come with the image');
      continue;
    }
    const isMirror = target.kind === 'name' && family.mirrors.some(({ name }) => name === target.name);
    const found = isMirror ? { ok: true as const, value: [target.name] } : imagesOf(family, target);
    if (!found.ok) {
      understood = false;
      check.findings.add({ ...found.error, span });
      continue;
    }
    for (const name of found.value) (excludes ? left : chosen).add(name);
  }
  // As on the command line: exclusions alone take from the group `default`.
  if (chosen.size === 0 && left.size > 0)
    for (const name of family.groups.get('default') ?? []) chosen.add(name);
  const names = [...family.images.filter(({ kind }) => kind !== 'builder'), ...family.mirrors].map(
    ({ name }) => name,
  );
  const images = names.filter((name) => chosen.has(name) && !left.has(name));
  if (images.length === 0 && understood) {
    const span = check.source.keySpan([...path, 'images']);
    tell(
      check,
      'empty-pool',
      'this chooses no image that is published',
      span,
      'name at least one: `[course]`',
    );
  }
  return images;
}

function readSelector(
  check: Check,
  path: YamlPath,
  selector: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(selector)) {
    const at = [...path, 'selector', key];
    if (!isLabelKey(key)) {
      const message = `\`${key}\` cannot be a label's name`;
      tell(check, 'invalid-label', message, check.source.keySpan(at), labelKeyHelp);
    }
    if (!isLabelValue(value)) {
      const message = `\`${value}\` cannot be a label's value`;
      tell(check, 'invalid-label', message, check.source.valueSpan(at), labelValueHelp);
    }
  }
  return selector;
}

const labelKeyHelp =
  '`name` or `example.org/name`; the name has at most 63 letters, digits, `-`, `_` and `.`';
const labelValueHelp =
  'at most 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit';

function readTolerations(
  check: Check,
  path: YamlPath,
  entries: NonNullable<PoolEntry['tolerations']>,
): readonly Toleration[] {
  return entries.map((entry, index) => {
    const at = [...path, 'tolerations', index];
    const { key, operator = 'Equal', value, effect } = entry;
    if (key !== undefined && !isLabelKey(key)) {
      const message = `\`${key}\` cannot be a taint's name`;
      tell(check, 'invalid-label', message, check.source.valueSpan([...at, 'key']), labelKeyHelp);
    }
    if (operator === 'Exists' && value !== undefined) {
      const span = check.source.valueSpan([...at, 'value']);
      const help = 'leave out `value`, or write `operator: Equal`';
      tell(check, 'invalid-toleration', 'with `operator: Exists` there is no value', span, help);
    }
    if (operator === 'Equal' && key === undefined) {
      const span = check.source.valueSpan(at);
      const help = 'write `key`, or `operator: Exists` for every taint';
      tell(check, 'invalid-toleration', 'this tolerates a value of no taint', span, help);
    }
    return {
      ...(key === undefined ? {} : { key }),
      operator,
      ...(value === undefined ? {} : { value }),
      ...(effect === undefined ? {} : { effect }),
    };
  });
}

function readBytes(check: Check, path: YamlPath, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // A bandwidth is often written as `50MB/s`, which says the same.
  const bytes = parseBytes(path.at(-1) === 'bandwidth' ? text.replace(/\/s$/, '') : text);
  if (bytes === undefined) {
    const span = check.source.valueSpan(path);
    tell(check, 'invalid-size', `\`${text}\` is no size`, span, 'a number with a unit: `100GB`, `50MB`');
  }
  return bytes;
}

function readStagger(check: Check, path: YamlPath, stagger: PoolEntry['stagger']): number | string {
  if (typeof stagger !== 'string') return stagger ?? defaultStagger;
  if (/^(?:[1-9]\d?|100)%$/.test(stagger)) return stagger;
  const help = 'a number of nodes (`5`), or a share of them from `1%` to `100%`';
  tell(check, 'invalid-value', `\`${stagger}\` is no number of nodes`, check.source.valueSpan(path), help);
  return defaultStagger;
}

/** Names of objects of the cluster: whether they exist is asked when something is applied. */
function checkNames(check: Check, path: YamlPath, entry: PoolEntry): void {
  const one = (key: 'namespace' | 'serviceAccount' | 'priorityClass', what: string): void => {
    const name = entry[key];
    const valid = name === undefined || (key === 'namespace' ? isDnsLabel(name) : isDnsSubdomain(name));
    if (valid) return;
    const help = key === 'namespace' ? dnsLabelHelp : dnsSubdomainHelp;
    tell(
      check,
      'invalid-name',
      `\`${name}\` cannot be ${what}`,
      check.source.valueSpan([...path, key]),
      help,
    );
  };
  one('namespace', 'a namespace');
  one('serviceAccount', "a ServiceAccount's name");
  one('priorityClass', "a PriorityClass's name");
  for (const [index, name] of (entry.pullSecrets ?? []).entries()) {
    if (isDnsSubdomain(name)) continue;
    const span = check.source.valueSpan([...path, 'pullSecrets', index]);
    tell(check, 'invalid-name', `\`${name}\` cannot be a Secret's name`, span, dnsSubdomainHelp);
  }
}
