/**
 * Saves a notebook by way of the server, as its page does when somebody makes a new one. It tells how that went, and
 * leaves what it means to S13.
 */
import type { Result } from '../../../core/result.ts';
import type { HttpAnswer, HttpTrouble } from '../../../hub/http-exchange.ts';
import { askServer } from '../../../hub/jupyter-api.ts';
import { exchangeLine } from '../../evidence.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';

const notebook = {
  type: 'notebook',
  format: 'json',
  content: { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 },
} as const;

export interface Saving {
  readonly saved: boolean;
  /** The status of the first try, in the folder that the server shows; undefined where it gave no answer. */
  readonly status: number | undefined;
  /** A line for each try. */
  readonly evidence: readonly string[];
}

/** Tries the folder that the server shows, then the home where it lies beneath that; takes the notebook away again. */
export async function saveNotebook(pod: Pod, signal: AbortSignal): Promise<Saving> {
  const shown = await saveIn('', pod, signal);
  const status = shown.answered.ok ? shown.answered.value.status : undefined;
  if (isSaved(shown) || !shown.answered.ok) {
    return { saved: isSaved(shown), status, evidence: [lineOf(shown)] };
  }
  for (const folder of beneathAnyRoot(pod.image.home)) {
    const there = await askServer(
      serverOf(pod),
      { method: 'GET', api: `api/contents/${folder.slice(0, -1)}?content=0` },
      signal,
    );
    if (!there.ok || there.value.status !== 200) continue;
    const home = await saveIn(folder, pod, signal);
    return { saved: isSaved(home), status, evidence: [lineOf(shown), lineOf(home)] };
  }
  return { saved: false, status, evidence: [lineOf(shown)] };
}

interface Try {
  readonly api: string;
  readonly answered: Result<HttpAnswer, HttpTrouble>;
}

async function saveIn(folder: string, pod: Pod, signal: AbortSignal): Promise<Try> {
  const api = `api/contents/${folder}hubwright.ipynb`;
  const answered = await askServer(serverOf(pod), { method: 'PUT', api, body: notebook }, signal);
  if (isSaved({ answered })) await askServer(serverOf(pod), { method: 'DELETE', api }, signal);
  return { api, answered };
}

function isSaved({ answered }: Pick<Try, 'answered'>): boolean {
  return answered.ok && answered.value.status < 400;
}

function lineOf({ api, answered }: Try): string {
  return exchangeLine(`PUT ${api}`, answered);
}

/** `/home/jovyan` as servers name it that show `/` (`home/jovyan/`) or `/home` (`jovyan/`). */
function beneathAnyRoot(home: string): readonly string[] {
  const names = home.split('/').slice(1);
  return names.map((_, index) => `${names.slice(index).map(encodeURIComponent).join('/')}/`);
}
