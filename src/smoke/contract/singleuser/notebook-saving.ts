/**
 * Saves a notebook by way of the server, as its page does when somebody makes a new one, and looks where it lies. It
 * tells how that went, and leaves what it means to S13.
 */
import path from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { HttpAnswer, HttpTrouble } from '../../../hub/http-exchange.ts';
import { askServer } from '../../../hub/jupyter-api.ts';
import { exchangeLine } from '../../evidence.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';

/** As much as a picture makes of a notebook: limits on what a server takes show with it. */
const pictureBytes = 256 * 1024;

const notebook = {
  type: 'notebook',
  format: 'json',
  content: {
    cells: [
      {
        cell_type: 'markdown',
        id: 'hubwright',
        metadata: {},
        source: `Übung 1\n${'x'.repeat(pictureBytes)}`,
      },
    ],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  },
} as const;

const emptyNotebook = { ...notebook, content: { ...notebook.content, cells: [] } } as const;

/** Named as people name theirs, which a Python that is held to ASCII cannot write. */
const name = 'hubwright Übung.ipynb';
const plainName = 'hubwright.ipynb';

export interface Saving {
  /** `lost`: it was seen outside of the home's volume, and goes with the container. */
  readonly kind: 'saved' | 'lost' | 'refused';
  /** The status of the first try, in the folder that the server shows; undefined where it gave no answer. */
  readonly status: number | undefined;
  /** It is the name that is refused: one of ASCII is saved. */
  readonly byName?: true;
  /** It is the size that is refused: a notebook without anything in it is saved. */
  readonly bySize?: true;
  /** A line for each try. */
  readonly evidence: readonly string[];
}

/**
 * Tries the folder that the server shows, then the home where it lies beneath that; takes the notebook away again.
 * `folder`: where notebooks run, which is where they are saved; undefined where nobody can tell.
 */
export async function saveNotebook(
  pod: Pod,
  folder: string | undefined,
  signal: AbortSignal,
): Promise<Result<Saving, EngineError>> {
  const shown = await saveIn('', folder, pod, signal);
  if (!shown.ok) return shown;
  const { kind, answered } = shown.value;
  const status = answered.ok ? answered.value.status : undefined;
  const evidence = [lineOf(shown.value)];
  if (kind === 'saved') return ok({ kind, status, evidence });
  // A server that takes no more closes the connection, before its answer is read or after.
  if (!answered.ok || status === 400 || status === 413) {
    const small = await saveIn('', folder, pod, signal, name, emptyNotebook);
    if (!small.ok) return small;
    const bySize = small.value.kind === 'saved';
    return ok({
      kind,
      status,
      evidence: [...evidence, `without anything in it: ${lineOf(small.value)}`],
      ...(bySize ? { bySize } : {}),
    });
  }
  if (kind === 'refused') {
    const plain = await saveIn('', folder, pod, signal, plainName);
    if (!plain.ok) return plain;
    if (plain.value.kind === 'saved')
      return ok({ kind, status, evidence: [...evidence, lineOf(plain.value)], byName: true });
  }
  for (const beneath of beneathAnyRoot(pod.image.home)) {
    const there = await askServer(
      serverOf(pod),
      { method: 'GET', api: `api/contents/${beneath.slice(0, -1)}?content=0` },
      signal,
    );
    if (!there.ok || there.value.status !== 200) continue;
    const home = await saveIn(beneath, undefined, pod, signal);
    if (!home.ok) return home;
    return ok({ kind: home.value.kind, status, evidence: [...evidence, lineOf(home.value)] });
  }
  return ok({ kind, status, evidence });
}

interface Try {
  readonly api: string;
  readonly kind: Saving['kind'];
  readonly answered: Result<HttpAnswer, HttpTrouble>;
}

async function saveIn(
  beneath: string,
  folder: string | undefined,
  pod: Pod,
  signal: AbortSignal,
  as: string = name,
  body: object = notebook,
): Promise<Result<Try, EngineError>> {
  const api = `api/contents/${beneath}${encodeURIComponent(as)}`;
  const answered = await askServer(serverOf(pod), { method: 'PUT', api, body }, signal);
  if (!answered.ok || answered.value.status >= 400) return ok({ api, kind: 'refused', answered });
  const lost = await isOutside(folder, as, pod, signal);
  await askServer(serverOf(pod), { method: 'DELETE', api }, signal);
  return lost.ok ? ok({ api, kind: lost.value ? 'lost' : 'saved', answered }) : lost;
}

/** Whether the notebook is seen in this folder, and not in the home, to which a link may lead. */
async function isOutside(
  folder: string | undefined,
  as: string,
  { engine, containerId, image: { home } }: Pod,
  signal: AbortSignal,
): Promise<Result<boolean, EngineError>> {
  if (folder === undefined || !path.relative(home, folder).startsWith('..')) return ok(false);
  const [inHome, inFolder] = await Promise.all(
    [home, folder].map((each) => engine.fileMode(containerId, path.join(each, as), signal)),
  );
  for (const seen of [inHome, inFolder]) {
    if (seen?.ok === false && (seen.error.kind === 'unreachable' || seen.error.kind === 'cancelled'))
      return seen;
  }
  return ok(inFolder?.ok === true && inHome?.ok !== true);
}

function lineOf({ api, kind, answered }: Try): string {
  const line = exchangeLine(`PUT ${decodeURI(api)}`, answered);
  return kind === 'lost' ? `${line}; the file lies outside of the home` : line;
}

/** `/home/jovyan` as servers name it that show `/` (`home/jovyan/`) or `/home` (`jovyan/`). */
function beneathAnyRoot(home: string): readonly string[] {
  const names = home.split('/').slice(1);
  return names.map((_, index) => `${names.slice(index).map(encodeURIComponent).join('/')}/`);
}
