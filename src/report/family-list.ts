/**
 * What exists in a family, before anything outside was asked: as a table for people and as a document for programs.
 * Pure; what would be done to it is the plan's matter.
 */
import cliTruncate from 'cli-truncate';
import type { ImageGraph } from '../graph/image-graph.ts';
import type { ImageKind, ImageSet } from '../matrix/image-set.ts';
import { styleOf } from './style.ts';
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
  /** Lines are cut at this width; 0 leaves them whole (a pipe). */
  readonly width: number;
}

/** A line for each image, then groups, roots and mirrors, each with a heading. Ends with a newline. */
export function renderFamilyList(family: FamilyDocument, options: ListOptions): string {
  const style = styleOf(options.colour);
  const section = (heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
    rows.length === 0 ? [] : [...table(heading, rows, style.dim), ''];
  const lines = [
    ...section(
      ['image', 'kind', 'context', 'stands on'],
      family.images.map(({ name, kind, context, parents, roots }) => [
        name,
        kind,
        context ?? '(empty)',
        [...parents, ...roots].join(', '),
      ]),
    ),
    ...section(
      ['group', '', 'images'],
      family.groups.map(({ name, images }) => [name, String(images.length), images.join(', ')]),
    ),
    ...section(
      ['root', 'digest'],
      family.roots.map(({ from, digest }) => [from, digest ?? 'open']),
    ),
    ...section(
      ['mirror', 'of'],
      family.mirrors.map(({ name, from }) => [name, from]),
    ),
    `${count(family.images.length, 'image')} of ${count(family.definitions.length, 'definition')}.`,
  ];
  return `${lines.map((line) => (options.width > 0 ? cliTruncate(line, options.width) : line)).join('\n')}\n`;
}

/** Columns as wide as their widest cell, two blanks apart. */
function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  paintHeading: (text: string) => string,
): readonly string[] {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lay = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paintHeading(lay(heading)), ...rows.map(lay)];
}
