/**
 * What exists in a family, before anything outside was asked: as a table for people and as a document for programs.
 * Pure; what would be done to it is the plan's matter.
 */
import type { ImageGraph } from '../graph/image-graph.ts';
import type { ImageKind, ImageSet } from '../matrix/image-set.ts';
import { styleOf } from './style.ts';
import { layTable, type Column } from './table.ts';
import { count } from './text.ts';

export interface FamilyDocument {
  readonly version: 1;
  /** In the order of matrix.yaml, as all that follows. */
  readonly images: readonly {
    readonly name: string;
    readonly definition: string;
    readonly kind: ImageKind;
    /** Null: an empty context. */
    readonly context: string | null;
    readonly dockerfile: string;
    readonly axes: Readonly<Record<string, string>>;
    readonly parents: readonly string[];
    readonly roots: readonly string[];
  }[];
  readonly definitions: readonly { readonly name: string; readonly images: readonly string[] }[];
  readonly groups: readonly { readonly name: string; readonly images: readonly string[] }[];
  readonly roots: readonly { readonly from: string; readonly digest: string | null }[];
  readonly mirrors: readonly { readonly name: string; readonly from: string }[];
}

/** The family as the documented JSON document. A definition whose axes have no value yet has no image, and is not in it. */
export function familyDocument(set: ImageSet, graph: ImageGraph): FamilyDocument {
  const definitions = Map.groupBy(set.images, ({ definition }) => definition);
  return {
    version: 1,
    images: set.images.map(({ name, definition, kind, context, dockerfile, axes }) => ({
      name,
      definition,
      kind,
      context: context ?? null,
      dockerfile,
      axes,
      parents: graph.nodes.get(name)?.parents ?? [],
      roots: graph.nodes.get(name)?.roots.map(({ root }) => root) ?? [],
    })),
    definitions: [...definitions].map(([name, images]) => ({
      name,
      images: images.map((each) => each.name),
    })),
    groups: [...set.groups].map(([name, images]) => ({ name, images })),
    roots: [...graph.roots.values()].map(({ from, digest }) => ({ from, digest: digest ?? null })),
    mirrors: set.mirrors.map(({ name, from }) => ({ name, from })),
  };
}

export interface ListOptions {
  readonly colour: boolean;
  /** Cells of the terminal; 0 for a pipe. */
  readonly width: number;
}

/** A row for each image, then groups, roots and mirrors, each with a heading. Ends with a newline. */
export function renderFamilyList(family: FamilyDocument, options: ListOptions): string {
  const { width, colour } = options;
  const style = styleOf(colour);
  const section = (columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] =>
    rows.length === 0 ? [] : [...layTable(columns, rows, { width, paintHeading: style.dim }), ''];
  const lines = [
    ...section(
      [
        { heading: 'image' },
        { heading: 'kind' },
        { heading: 'context', below: 'in' },
        { heading: 'stands on' },
      ],
      family.images.map(({ name, kind, context, parents, roots }) => [
        name,
        kind,
        context ?? '(empty)',
        [...parents, ...roots.map((root) => (width > 0 ? shortened(root) : root))].join(', '),
      ]),
    ),
    ...section(
      [{ heading: 'group' }, { heading: '' }, { heading: 'images' }],
      family.groups.map(({ name, images }) => [name, String(images.length), images.join(', ')]),
    ),
    ...section(
      [{ heading: 'root' }, { heading: 'digest', below: '' }],
      family.roots.map(({ from, digest }) => {
        // A reference that is pinned where it is written has its digest with it.
        const [name = from, own] = from.split('@');
        return [name, digest ?? own ?? 'open'];
      }),
    ),
    ...section(
      [{ heading: 'mirror' }, { heading: 'of' }],
      family.mirrors.map(({ name, from }) => [name, from]),
    ),
    `${count(family.images.length, 'image')} of ${count(family.definitions.length, 'definition')}.`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A reference with the beginning of its digest: the table of roots has the whole. */
function shortened(reference: string): string {
  return reference.replace(/(?<=@sha256:[0-9a-f]{12})[0-9a-f]+$/, '…');
}
