/** What differs between Helm values and the release, as lines. Pure. */
import type { EditedValues } from '../ship/values/edit-values.ts';
import { styleOf } from './style.ts';
import { count } from './text.ts';

export interface ValuesFile extends EditedValues {
  readonly name: string;
}

/** For each file its changes with their lines, and what became of them. Ends with a newline. */
export function renderValues(
  files: readonly ValuesFile[],
  mode: 'shown' | 'written',
  { colour }: { readonly colour: boolean },
): string {
  const style = styleOf(colour);
  const lines = files.flatMap(({ name, changes, ours }) => [
    ...changes.flatMap(({ span, path, from, to }) => [
      `${style.bold(`${name}:${span.line}`)} ${style.dim(path)}`,
      style.bad(`  - ${from}`),
      style.good(`  + ${to}`),
    ]),
    `${name}: ${summary(changes.length, ours, mode)}`,
  ]);
  return `${lines.join('\n')}\n`;
}

function summary(changes: number, ours: number, mode: 'shown' | 'written'): string {
  if (ours === 0) return 'names no image of the release';
  if (changes === 0) return `${count(ours, 'image')}, all as released`;
  return `${count(changes, 'value')} ${mode === 'written' ? 'written' : 'to change; `--write` does'}`;
}

/** The same for programs. */
export function valuesDocument(files: readonly ValuesFile[]): object {
  return files.map(({ name, ours, changes, problems }) => ({
    file: name,
    images: ours,
    changes: changes.map(({ image, path, span, from, to }) => ({ image, path, line: span.line, from, to })),
    problems: problems.map(({ severity, code, message, span, help }) => ({
      severity,
      code,
      message,
      line: span?.line,
      help,
    })),
  }));
}
