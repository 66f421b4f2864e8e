/** Follows `include`: reads the files that matrix.yaml names, and those that they name, each once. */
import type { Findings } from './check.ts';
import type { KeptValues } from './kept-values.ts';
import { readMatrixText } from './matrix.ts';
import type { MatrixReading } from './matrix.ts';
import { folderOf, parseRepositoryPath, pathHelp } from './repository-path.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** Answers a file's text, by its path from the root; undefined where it has told why there is none. */
export type ReadAt = (path: string, place: IncludePlace) => string | undefined;

/** Where an `include` stands. */
export interface IncludePlace {
  readonly reading: MatrixReading;
  readonly path: YamlPath;
}

/**
 * The reading itself, then all that it includes, in the order written and each before what stands after it.
 * A path that leaves the repository, a file that was included before, and a circle are told and left out.
 */
export function loadIncludes(
  main: MatrixReading,
  readAt: ReadAt,
  findings: Findings,
  values?: KeptValues,
): readonly MatrixReading[] {
  const loaded: MatrixReading[] = [];
  const places = new Map<string, IncludePlace | undefined>([[main.source.file, undefined]]);

  function follow(reading: MatrixReading, trail: readonly string[]): void {
    const at = loaded.push(reading) - 1;
    for (const [index, text] of (reading.content.include ?? []).entries()) {
      const place: IncludePlace = { reading, path: ['include', index] };
      const file = includedPath(place, text, findings);
      if (file === undefined) {
        loaded[at] = { ...reading, complete: false };
        continue;
      }
      if (places.has(file)) {
        tellRepeated(place, file, places.get(file), trail, findings);
        continue;
      }
      places.set(file, place);
      const content = readAt(file, place);
      const inner =
        content === undefined ? undefined : readMatrixText(file, content, findings, 'included', values);
      if (inner === undefined) loaded[at] = { ...reading, complete: false };
      else follow(inner, [...trail, file]);
    }
  }

  follow(main, [main.source.file]);
  return loaded;
}

function includedPath({ reading, path }: IncludePlace, text: string, findings: Findings): string | undefined {
  const folder = folderOf(reading.source.file);
  const parsed = parseRepositoryPath(text, folder);
  if (parsed.kind === 'path') return parsed.path;
  const span = reading.source.valueSpan(path);
  findings.add(usageError(parsed.code, parsed.message, span, { help: pathHelp(folder) }));
  return undefined;
}

function tellRepeated(
  { reading, path }: IncludePlace,
  file: string,
  first: IncludePlace | undefined,
  trail: readonly string[],
  findings: Findings,
): void {
  const span = reading.source.valueSpan(path);
  if (trail.includes(file)) {
    const circle = [...trail.slice(trail.indexOf(file)), file].map((each) => `\`${each}\``).join(' → ');
    findings.add(usageError('include-cycle', `files include each other in a circle: ${circle}`, span));
    return;
  }
  const notes =
    first === undefined
      ? []
      : [{ message: 'it was first included here', span: first.reading.source.valueSpan(first.path) }];
  findings.add(usageError('duplicate-value', `\`${file}\` is included twice`, span, { notes }));
}
