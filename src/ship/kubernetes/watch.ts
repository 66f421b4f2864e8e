/**
 * Keeps a picture of some of a cluster's objects: lists them once, then follows what changes. Goes on from where it was
 * when a connection ends or the server is away for a while, and lists anew only when the server has forgotten that place.
 */
import { parseJson } from '../../../registry/parse-json.ts';
import { waited, type KubernetesApi } from './api.ts';
import { listSchema, objectSchema, statusSchema, watchEventSchema } from './schema.ts';
import { troubleOf, type ApiTrouble } from './trouble.ts';

export interface WatchOptions<T> {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** What is kept of an object; undefined for what is none of ours. Small, for there may be thousands. */
  readonly read: (object: unknown) => T | undefined;
  /** After the first list, and after each change. */
  readonly onChange: (objects: ReadonlyMap<string, T>) => void;
  /** The server is away (a sentence), or back (undefined). */
  readonly onAway?: (message: string | undefined) => void;
  /** Before the second try; twice as long before each further one. */
  readonly firstWaitMs?: number;
}

/** Objects in one answer of a list. A pod is 10 kB of JSON, of which little is kept: a page is held at a time. */
const pageSize = 100;
const watchSeconds = 290;
const longestWaitMs = 10_000;

/** Follows until the signal (`cancelled`), or until the server refuses for good. */
export async function watchObjects<T>(
  api: KubernetesApi,
  options: WatchOptions<T>,
  signal: AbortSignal,
): Promise<ApiTrouble> {
  const objects = new Map<string, T>();
  let version: string | undefined;
  let failures = 0;
  let wasThere = false;
  const changed = (): void => options.onChange(objects);
  const back = (): void => {
    wasThere = true;
    if (failures > 0) options.onAway?.(undefined);
    failures = 0;
  };
  while (!signal.aborted) {
    let trouble: ApiTrouble | undefined;
    const ended = version !== undefined;
    if (version === undefined) {
      const listed = await list(api, options, signal);
      if (listed.ok) {
        objects.clear();
        for (const [name, object] of listed.objects) objects.set(name, object);
        version = listed.version;
        back();
        changed();
      } else ({ trouble } = listed);
    } else {
      const followed = await follow(api, options, { version, objects, changed, back }, signal);
      version = followed.version;
      ({ trouble } = followed);
    }
    if (trouble === undefined) {
      // A server that ends every watch at once is not asked without a pause.
      if (ended) await waited(options.firstWaitMs ?? 500, signal);
      continue;
    }
    // A login that worked before may again: its program asks a server too.
    if (isFinal(trouble) || (trouble.kind === 'no-login' && !wasThere)) return trouble;
    failures += 1;
    options.onAway?.('message' in trouble ? trouble.message : 'it does not answer');
    const pause = Math.min(longestWaitMs, (options.firstWaitMs ?? 500) * 2 ** (failures - 1));
    await waited(pause, signal);
  }
  return { kind: 'cancelled' };
}

/** What asking again would not change. */
function isFinal(trouble: ApiTrouble): boolean {
  switch (trouble.kind) {
    case 'unreachable':
    case 'no-login':
    case 'gone':
    case 'conflict':
      return false;
    case 'refused':
      return trouble.status !== 429 && trouble.status < 500;
    case 'unauthorized':
    case 'forbidden':
    case 'absent':
    case 'cancelled':
      return true;
    default:
      return trouble satisfies never;
  }
}

type Listed<T> =
  | { readonly ok: true; readonly objects: ReadonlyMap<string, T>; readonly version: string }
  | { readonly ok: false; readonly trouble: ApiTrouble };

/** Page after page; the first page's version is that of the whole. */
export async function list<T>(
  api: KubernetesApi,
  { path, query, read }: Pick<WatchOptions<T>, 'path' | 'query' | 'read'>,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const objects = new Map<string, T>();
  for (let next = ''; ;) {
    const page = { ...query, limit: String(pageSize), ...(next === '' ? {} : { continue: next }) };
    const answer = await api.request({ method: 'GET', path, query: page }, signal);
    if (!answer.ok) return answer;
    const reply = listSchema.safeParse(answer.body);
    if (!reply.success) return { ok: false, trouble: noList };
    for (const item of reply.data.items ?? []) keep(objects, item, read);
    next = reply.data.metadata.continue ?? '';
    if (next === '') return { ok: true, objects, version: reply.data.metadata.resourceVersion };
  }
}

const noList: ApiTrouble = { kind: 'refused', status: 200, message: 'the answer is no list of objects' };

function keep<T>(objects: Map<string, T>, item: unknown, read: (object: unknown) => T | undefined): void {
  const name = objectSchema.safeParse(item).data?.metadata.name;
  const object = read(item);
  if (name !== undefined && object !== undefined) objects.set(name, object);
}

interface Place<T> {
  readonly version: string;
  readonly objects: Map<string, T>;
  readonly changed: () => void;
  readonly back: () => void;
}

/** Where to go on from (undefined: list anew), and what went wrong. */
async function follow<T>(
  api: KubernetesApi,
  { path, query, read }: WatchOptions<T>,
  place: Place<T>,
  signal: AbortSignal,
): Promise<{ readonly version: string | undefined; readonly trouble?: ApiTrouble }> {
  let version: string | undefined = place.version;
  let refused: ApiTrouble | undefined;
  const onLine = (line: string): void => {
    const event = parseJson(watchEventSchema, line);
    if (event === undefined) return;
    place.back();
    if (event.type === 'ERROR') {
      const status = statusSchema.safeParse(event.object).data;
      refused = troubleOf(status?.code ?? 500, status?.message ?? 'the watch was ended');
      return;
    }
    const metadata = objectSchema.safeParse(event.object).data?.metadata;
    version = metadata?.resourceVersion ?? bookmarkOf(event.object) ?? version;
    if (metadata === undefined || event.type === 'BOOKMARK') return;
    if (event.type === 'DELETED') place.objects.delete(metadata.name);
    else keep(place.objects, event.object, read);
    place.changed();
  };
  const watch = {
    ...query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: place.version,
    timeoutSeconds: String(watchSeconds),
  };
  const end = await api.stream({ path, query: watch }, onLine, signal);
  const trouble = refused ?? (end.kind === 'ended' ? undefined : end);
  if (trouble?.kind === 'gone') return { version: undefined };
  return trouble === undefined ? { version } : { version, trouble };
}

/** A bookmark's object has a version and no name. */
function bookmarkOf(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null || !('metadata' in object)) return undefined;
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null || !('resourceVersion' in metadata)) return undefined;
  return typeof metadata.resourceVersion === 'string' ? metadata.resourceVersion : undefined;
}
