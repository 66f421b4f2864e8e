/**
 * matrix.yaml and the files that it includes, put together into one reading: what stands in it twice is told, and each
 * place of the whole leads back to the file that it was written in. Pure; reading is load-includes.ts's work.
 */
import type { Findings } from './check.ts';
import type { MatrixReading } from './matrix.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** What only the first file may say, for it holds for all images. */
const ofTheFamily = [
  'registry',
  'naming',
  'tags',
  'scan',
  'sign',
  'trust',
  'values',
  'freeze',
  'nightly',
] as const;
/** Maps whose entries may stand in any file, each name once. */
const named = ['images', 'roots', 'groups', 'pools'] as const;

/** Puts the readings together, matrix.yaml's first. Of two entries of one name the first counts, and the other is told. */
export function mergeMatrices(readings: readonly MatrixReading[], findings: Findings): MatrixReading {
  const [main, ...included] = readings;
  if (main === undefined) throw new Error('there is no matrix.yaml to put anything to');
  if (included.length === 0) return main;
  for (const { source } of included) tellMisplaced(source, findings);
  for (const section of named) tellDuplicates(readings, section, findings);
  const contents = readings.map((reading) => reading.content);
  return {
    source: new MergedSource(main.source, readings),
    content: {
      ...main.content,
      images: firstOfEach(contents.map(({ images }) => images)),
      roots: firstOfEach(contents.map(({ roots }) => roots ?? {})),
      groups: firstOfEach(contents.map(({ groups }) => groups ?? {})),
      pools: firstOfEach(contents.map(({ pools }) => pools ?? {})),
      secrets: contents.flatMap(({ secrets }) => secrets ?? []),
      env: contents.flatMap(({ env }) => env ?? []),
    },
    broken: new Set(readings.flatMap((reading) => [...reading.broken])),
    complete: readings.every((reading) => reading.complete),
  };
}

function firstOfEach<T>(maps: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  const entries = new Map<string, T>();
  for (const [name, value] of maps.flatMap((map) => Object.entries(map))) {
    if (!entries.has(name)) entries.set(name, value);
  }
  return Object.fromEntries(entries);
}

function tellMisplaced(source: YamlSource, findings: Findings): void {
  for (const key of ofTheFamily.filter((each) => source.has([each]))) {
    findings.add(
      usageError('misplaced-key', `\`${key}\` holds for the whole family`, source.keySpan([key]), {
        help: 'write it in matrix.yaml',
      }),
    );
  }
}

function tellDuplicates(
  readings: readonly MatrixReading[],
  section: (typeof named)[number],
  findings: Findings,
): void {
  const first = new Map<string, YamlSource>();
  for (const { source, content, broken } of readings) {
    const names = [...Object.keys(content[section] ?? {}), ...(section === 'images' ? broken : [])];
    for (const name of names) {
      const earlier = first.get(name);
      if (earlier === undefined) {
        first.set(name, source);
        continue;
      }
      const notes = [{ message: 'it was first written here', span: earlier.keySpan([section, name]) }];
      const message = `\`${name}\` stands under \`${section}\` of two files`;
      findings.add(usageError('duplicate-key', message, source.keySpan([section, name]), { notes }));
    }
  }
}

/** Looks a place up in the file that it comes from; what no included file has is looked up in matrix.yaml. */
class MergedSource implements YamlSource {
  readonly file: string;
  readonly value: unknown;
  readonly #main: YamlSource;
  readonly #readings: readonly MatrixReading[];

  constructor(main: YamlSource, readings: readonly MatrixReading[]) {
    this.file = main.file;
    this.value = main.value;
    this.#main = main;
    this.#readings = readings;
  }

  has(path: YamlPath): boolean {
    const { source, inner } = this.#find(path);
    return source.has(inner);
  }

  keySpan(path: YamlPath): ReturnType<YamlSource['keySpan']> {
    const { source, inner } = this.#find(path);
    return source.keySpan(inner);
  }

  valueSpan(path: YamlPath): ReturnType<YamlSource['valueSpan']> {
    const { source, inner } = this.#find(path);
    return source.valueSpan(inner);
  }

  textSpan(path: YamlPath, piece: string): ReturnType<YamlSource['textSpan']> {
    const { source, inner } = this.#find(path);
    return source.textSpan(inner, piece);
  }

  fileOf(path: YamlPath): string {
    return this.#find(path).source.file;
  }

  #find(path: YamlPath): { readonly source: YamlSource; readonly inner: YamlPath } {
    const [section, entry, ...rest] = path;
    if ((section === 'secrets' || section === 'env') && typeof entry === 'number') {
      return this.#findItem(section, entry, rest);
    }
    const isNamed = named.some((each) => each === section) && entry !== undefined;
    const owner = isNamed
      ? this.#readings.find(({ source }) => source.has(path.slice(0, 2)))?.source
      : undefined;
    return { source: owner ?? this.#main, inner: path };
  }

  /** Lists are put together in the order of the files: the place in the whole is counted back to the file's own. */
  #findItem(
    section: 'secrets' | 'env',
    place: number,
    rest: YamlPath,
  ): { readonly source: YamlSource; readonly inner: YamlPath } {
    let left = place;
    for (const { source, content } of this.#readings) {
      const length = content[section]?.length ?? 0;
      if (left < length) return { source, inner: [section, left, ...rest] };
      left -= length;
    }
    return { source: this.#main, inner: [section, place, ...rest] };
  }
}
