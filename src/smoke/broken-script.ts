/**
 * Why a script that lies in the image cannot be executed all the same: Windows' line ends, or an interpreter that is
 * gone. A shell and the kernel both say of such a script that it is not found. Judges nothing.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import { isEngineTrouble } from './engine-trouble.ts';
import { excerpt } from './evidence.ts';
import type { Pod } from './pod.ts';

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Init, entry point, its own script, and what these start. */
const mostPrograms = 6;

/** One sentence on the first of these words that is such a script; undefined where none is. */
export async function brokenScript(
  pod: Pod,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  const programs = words.filter((word) => /^[\w./+-]+$/.test(word) && !word.startsWith('-'));
  for (const program of programs.slice(0, mostPrograms)) {
    const found = await findScript(pod, program, signal);
    if (!found.ok) return found;
    if (found.value === undefined) continue;
    const { path, text } = found.value;
    const trouble = await troubleOf(pod, path, text, signal);
    if (!trouble.ok || trouble.value !== undefined) return trouble;
  }
  return ok(undefined);
}

async function troubleOf(
  pod: Pod,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  if (/^[^\n]*\r\n/.test(text)) {
    return ok(
      `${excerpt(path, 100)} has Windows' line ends (CR LF), at which it breaks: save it with LF alone (\`sed -i 's/\\r$//'\`, or \`* text=auto eol=lf\` in .gitattributes)`,
    );
  }
  const interpreter = /^#! *(\/\S+)/.exec(text)?.[1];
  if (interpreter === undefined) return ok(undefined);
  const seen = await pod.engine.fileMode(pod.containerId, interpreter, signal);
  if (seen.ok) return ok(undefined);
  if (seen.error.kind !== 'not-found') return isEngineTrouble(seen.error) ? seen : ok(undefined);
  return ok(
    `${excerpt(path, 100)} is there and begins with \`#!${excerpt(interpreter, 100)}\`, which is not in the image, so that it counts as not found: an environment was moved, copied without its Python, or removed; install the package anew where it will run`,
  );
}

/** The script that this word means, looked for on the image's PATH; undefined for what is none, or not there. */
export async function findScript(
  { image }: Pod,
  program: string,
  signal: AbortSignal,
): Promise<Result<{ readonly path: string; readonly text: string } | undefined, EngineError>> {
  const folders = (image.env.get('PATH') ?? usualPath).split(':').filter((folder) => folder.startsWith('/'));
  const paths = program.includes('/') ? [program] : folders.map((folder) => `${folder}/${program}`);
  for (const path of paths) {
    if (!path.startsWith('/')) continue;
    const read = await image.readFile(path, signal);
    if (!read.ok) return read;
    if (read.value?.startsWith('#!') === true) return ok({ path, text: read.value });
  }
  return ok(undefined);
}
