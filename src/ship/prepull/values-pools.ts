/**
 * A deployment's values → the pools of nodes on which its users' pods run, with those of the family's images that they
 * run there. One pool for each set of node labels that a profile can ask for. Pure.
 */
import { parseReference } from '../../../registry/reference.ts';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ImageSet, Pool, Toleration } from '../../matrix/image-set.ts';
import { publishedReference } from '../../matrix/naming.ts';
import { defaultStagger } from '../../matrix/pools.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { Release } from '../../run/schema.ts';
import { chartValuesOf } from '../values/chart-values.ts';
import { matchReference } from '../values/match-release.ts';
import type { ValuesDocuments } from '../values/values-document.ts';
import { poolName } from './found-pools.ts';
import { chartTolerations, userPodsOf, type UserPod, type WrittenImage } from './user-pods.ts';
import { chartSchema } from './values-schema.ts';

export interface ValuesPools {
  readonly pools: readonly Pool[];
  readonly warnings: readonly Diagnostic[];
}

/** The pools that values ask for. Files as Helm takes them: of two that say the same the later counts. */
export function poolsOfValues(
  files: readonly ValuesDocuments[],
  release: Release,
  set: Pick<ImageSet, 'images' | 'mirrors' | 'registry' | 'values'>,
): Result<ValuesPools, readonly Diagnostic[]> {
  const file = files.map((each) => each.file).join(', ');
  const chart = chartSchema.safeParse(chartValuesOf(files));
  if (!chart.success) {
    return err(
      chart.error.issues.map(({ path, message }) =>
        usageError('wrong-type', `\`${file}\`: \`${path.map(String).join('.')}\`: ${message}`, undefined, {
          help: 'the chart would refuse it too: its values.schema.json says what it takes',
        }),
      ),
    );
  }
  const pods = userPodsOf(chart.data);
  if (pods === undefined) {
    const help = 'write the pools in matrix.yaml (docs/matrix.md)';
    return err([usageError('too-many', `\`${file}\` offers too many kinds of pods`, undefined, { help })]);
  }
  const finder = new ImageFinder(release, set);
  const always = chartTolerations(chart.data);
  const span: SourceSpan = { file, line: 1, column: 1, length: 1, text: '' };
  const names = new Set<string>();
  const groups = Map.groupBy(pods, placeText);
  const pools = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, members]) => poolOf(members, { finder, always, names, span }));
  if (pools.length === 0) {
    return err([
      usageError('no-pool', `\`${file}\` gives users no image of the release`, undefined, {
        help: '`build values --file FILE` tells which images it names, and `values:` in matrix.yaml which of them are the family’s',
      }),
    ]);
  }
  return ok({ pools, warnings: [...finder.warnings(file), ...affinityWarnings(pods, file)] });
}

/** Pools that matrix.yaml has win over those that are found: under the same name, and for the same nodes. */
export function withExplicit(explicit: readonly Pool[], found: readonly Pool[]): readonly Pool[] {
  const taken = new Set(explicit.flatMap(({ name, selector }) => [name, labelsText(selector)]));
  return [
    ...explicit,
    ...found.filter(({ name, selector }) => !taken.has(name) && !taken.has(labelsText(selector))),
  ];
}

/** What decides which pool a pod belongs to: its nodes, and whose pulls count there. */
function placeText({ selector, serviceAccount }: UserPod): string {
  return `${labelsText(selector)} ${serviceAccount ?? ''}`;
}

function labelsText(selector: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(selector).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

interface Findings {
  readonly finder: ImageFinder;
  readonly always: readonly Toleration[];
  readonly names: Set<string>;
  readonly span: SourceSpan;
}

/** None where its pods have no image of ours. */
function poolOf(pods: readonly UserPod[], { finder, always, names, span }: Findings): readonly Pool[] {
  const [first] = pods;
  const written = pods.flatMap(({ image, extraContainers, initContainers }) => [
    ...(image === undefined ? [] : [image]),
    ...extraContainers,
    ...initContainers,
  ]);
  const images = finder.find(written);
  if (first === undefined || images.length === 0) return [];
  const { selector, serviceAccount } = first;
  return [
    {
      name: poolName(nodesText(selector), names),
      images,
      selector,
      tolerations: distinct([...always, ...pods.flatMap(({ tolerations }) => tolerations)]),
      nodes: undefined,
      diskBytes: undefined,
      bytesPerSecond: undefined,
      stagger: defaultStagger,
      namespace: undefined,
      pullSecrets: [...new Set(pods.flatMap(({ pullSecrets }) => pullSecrets))],
      serviceAccount,
      priorityClass: undefined,
      span,
    },
  ];
}

/** A pool is called after its nodes alone: profiles come, go and change places, and its DaemonSet shall stay. */
function nodesText(selector: Readonly<Record<string, string>>): string {
  const words = Object.entries(selector)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => (/^(?:true|yes|1|)$/i.test(value) ? (key.split('/').at(-1) ?? key) : value));
  return words.length === 0 ? 'users' : words.join('-');
}

function distinct(tolerations: readonly Toleration[]): readonly Toleration[] {
  return [...new Map(tolerations.map((each) => [JSON.stringify(each), each])).values()];
}

/** Which of the family's images are meant; what is not ours is remembered, to be told. */
class ImageFinder {
  readonly #release: Release;
  readonly #set: Pick<ImageSet, 'images' | 'mirrors' | 'registry' | 'values'>;
  readonly #foreign = new Set<string>();

  constructor(release: Release, set: Pick<ImageSet, 'images' | 'mirrors' | 'registry' | 'values'>) {
    this.#release = release;
    this.#set = set;
  }

  /** Names in the family's order. */
  find(written: readonly WrittenImage[]): readonly string[] {
    const found = new Set(
      written.flatMap((each) => {
        const name = this.#nameOf(each);
        if (name === undefined) this.#foreign.add(each.reference);
        return name ?? [];
      }),
    );
    const order = [...this.#set.images, ...this.#set.mirrors].map(({ name }) => name);
    return [...order.filter((name) => found.delete(name)), ...found];
  }

  warnings(file: string): readonly Diagnostic[] {
    if (this.#foreign.size === 0) return [];
    const all = [...this.#foreign].toSorted().map((each) => `\`${each}\``);
    const message = `\`${file}\` gives users what is in no release, and is not brought to the nodes: ${all.join(', ')}`;
    const help = 'the chart’s own `prePuller` may bring it; an image under `mirrors:` is the family’s too';
    return [{ ...usageError('not-released', message, undefined, { help }), severity: 'warning' }];
  }

  #nameOf({ steps, reference }: WrittenImage): string | undefined {
    const match = matchReference({ steps, reference }, this.#release, this.#set.values);
    if (match.kind === 'ours') return match.wanted.image;
    const { registry, mirrors } = this.#set;
    const meant = parseReference(reference);
    if (registry === undefined || meant.kind !== 'reference') return undefined;
    return mirrors.find(({ name }) => {
      const published = parseReference(publishedReference(registry, name, meant.tag ?? 'latest'));
      return (
        published.kind === 'reference' &&
        published.familiarName === meant.familiarName &&
        published.tag === (meant.tag ?? 'latest')
      );
    })?.name;
  }
}

function affinityWarnings(pods: readonly UserPod[], file: string): readonly Diagnostic[] {
  if (!pods.some(({ affinity }) => affinity)) return [];
  const message = `\`${file}\` chooses nodes by more than labels (node affinity), which a pool cannot`;
  const help =
    'the images go to all nodes with the labels that it names; write a pool in matrix.yaml to have it otherwise';
  return [{ ...usageError('node-affinity', message, undefined, { help }), severity: 'warning' }];
}
