/**
 * The order of test files: those that take minutes first, the longest at the beginning, so that two workers end at
 * about the same time. Vitest by itself begins with the files that have the most text, and ends with the tables of
 * images, which have the least and take the longest.
 */
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/**
 * Below tests/full, as last measured on 2 processors; but that what attacks the machine runs beside a file that starts
 * no servers, whose times would not be their own.
 */
export const longest: readonly string[] = [
  'corpus/hostile',
  'prepull',
  'corpus/use',
  'corpus/services',
  'corpus/pytorch',
  'family-deep',
  'corpus/start',
  'deep-night',
  'done-when',
  'corpus/odd',
  'corpus/local-and-nfs',
  'publish-proven',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own method, which answers a new array
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = longest.findIndex((name) => moduleId.endsWith(`/tests/full/${name}.test.ts`));
  return at === -1 ? longest.length : at;
}
