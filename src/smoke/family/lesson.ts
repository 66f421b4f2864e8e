/** A course's repository with one notebook, served by git's own daemon from the course's image. */
import { readFile } from 'node:fs/promises';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { launch } from '../live-container.ts';
import type { LiveContainer, Start } from '../live-container.ts';

export const lesson = {
  name: 'lesson',
  notebook: 'lesson.ipynb',
  branch: 'main',
  repository: 'git://git/lesson',
  greeting: 'the lesson is here',
  /** Positions of its cells. */
  cells: { greeting: 0, database: 1 },
} as const;

const serve = `set -e
export HOME=/tmp GIT_AUTHOR_NAME=teacher GIT_AUTHOR_EMAIL=teacher@localhost
export GIT_COMMITTER_NAME=teacher GIT_COMMITTER_EMAIL=teacher@localhost
git init --quiet --initial-branch=${lesson.branch} /tmp/git/${lesson.name}
cd /tmp/git/${lesson.name}
printf '%s' "$NOTEBOOK" > ${lesson.notebook}
git add . && git commit --quiet --message 'The lesson'
exec git daemon --export-all --base-path=/tmp/git --reuseaddr`;

/** Starts it under the name `git`. */
export async function openLesson(
  bench: Bench,
  network: string,
  image: string,
  signal: AbortSignal,
): Promise<Result<LiveContainer<Start>, EngineError>> {
  const client = await readFile(new URL('./files/ask_database.py', import.meta.url), 'utf8');
  return launch(
    bench,
    network,
    {
      image,
      entrypoint: ['/bin/sh', '-c', serve],
      cmd: [],
      user: '1000',
      env: { NOTEBOOK: JSON.stringify(notebookOf([`print("${lesson.greeting}")`, client])) },
      mounts: [],
      networkAliases: ['git'],
    },
    signal,
  );
}

/** A notebook of code cells (nbformat 4.5). */
export function notebookOf(cells: readonly string[], metadata: readonly object[] = []): object {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: cells.map((source, index) => ({
      cell_type: 'code',
      id: `cell-${index}`,
      metadata: metadata[index] ?? {},
      execution_count: null,
      outputs: [],
      source,
    })),
  };
}
