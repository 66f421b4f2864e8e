/**
 * Images that attack the machine that judges them: each gets a clear verdict within its budget, another image is
 * judged rightly meanwhile, and nothing is left behind, on Ctrl-C either.
 */
import { statfs } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import { slownessNow } from '../../../src/hub/patience.ts';
import { smokeImage } from '../../../src/smoke/smoke-image.ts';
import type { Verdict } from '../../../src/smoke/verdict.ts';
import { patience, valueOf } from '../../rig/engine.ts';
import { coldFamilyMs, realBase } from '../../rig/family.ts';
import { FaultyImages } from '../../rig/faulty-images.ts';
import { failures, judge, leftovers, requestFor, runId } from '../../rig/judge.ts';

// One at a time: what an attack does to the machine has to be seen as its own. Those that do nothing to it but make
// the judge wait are judged side by side, each held to what one alone may take.
// The longest budget on the busiest machine ends before a test's own clock.
vi.setConfig({ testTimeout: 660_000, hookTimeout: coldFamilyMs });

interface Attack {
  readonly name: string;
  /** Lines of the Dockerfile after FROM. */
  readonly recipe: string;
  /** All of these refuse it, and others may for want of an answer. */
  readonly fails: readonly string[];
  /** What it does may reach others: a right image is judged beside it. */
  readonly reaches?: true;
  /** It sits still and makes the judge wait. */
  readonly waits?: true;
  /** The start's own budget in milliseconds, where the attack is over long before that. */
  readonly readinessBudgetMs?: number;
  /** Seconds: the start's own budget of 60 s where the server has to be waited for, and what is needed around it. */
  readonly budget: number;
}

function entrypoint(...words: readonly string[]): string {
  return `ENTRYPOINT ${JSON.stringify(words)}`;
}

/** A program in Python, as the container's first process. */
function python(...lines: readonly string[]): string {
  return entrypoint('python3', '-c', lines.join('\n'));
}

const answering = [
  'import http.server as h, os',
  'class E(h.BaseHTTPRequestHandler):',
  '    def log_message(self, *words): pass',
];
const serving = 'h.ThreadingHTTPServer(("", 8888), E).serve_forever()';

const attacks: readonly Attack[] = [
  { name: 'ends-at-once', recipe: entrypoint('false'), fails: ['S1'], budget: 20 },
  {
    name: 'floods-log',
    recipe: entrypoint('sh', '-c', 'yes all work and no play | head -c 1000000000; exec sleep 600'),
    fails: ['S1'],
    reaches: true,
    readinessBudgetMs: 20_000,
    budget: 50,
  },
  {
    name: 'never-answers',
    recipe: python('import socket, time', 's = socket.create_server(("", 8888))', 'time.sleep(600)'),
    fails: ['S6'],
    waits: true,
    budget: 90,
  },
  {
    name: 'answers-drop-by-drop',
    recipe: python(
      ...answering,
      '    def do_GET(self):',
      '        import time',
      '        self.send_response(200); self.end_headers()',
      '        while True: self.wfile.write(b"x"); self.wfile.flush(); time.sleep(1)',
      serving,
    ),
    fails: ['S6'],
    waits: true,
    budget: 120,
  },
  {
    name: 'answers-100-megabytes',
    recipe: python(
      ...answering,
      '    def do_GET(self):',
      '        self.send_response(200); self.send_header("Content-Length", 100 << 20); self.end_headers()',
      '        for _ in range(100): self.wfile.write(bytes(1 << 20))',
      serving,
    ),
    fails: ['S6'],
    budget: 60,
  },
  {
    name: 'endless-headers',
    recipe: python(
      'import socket',
      's = socket.create_server(("", 8888))',
      'while True:',
      '    c = s.accept()[0]',
      '    try:',
      '        c.sendall(b"HTTP/1.1 200 OK\\r\\n")',
      '        while True: c.sendall(b"X-Word: " + b"x" * 4096 + b"\\r\\n")',
      '    except OSError: pass',
    ),
    fails: ['S6'],
    waits: true,
    budget: 90,
  },
  {
    name: 'redirects-for-ever',
    recipe: python(
      ...answering,
      '    def do_GET(self):',
      '        self.send_response(302); self.send_header("Location", self.path + "x"); self.end_headers()',
      serving,
    ),
    fails: ['S6'],
    budget: 60,
  },
  {
    name: 'control-characters',
    recipe: entrypoint(
      'sh',
      '-c',
      "printf '\\033]0;owned\\007\\033[2J\\033[31m\\302\\233\\342\\200\\256error\\b\\b\\b\\r\\000\\377\\n' >&2; exit 1",
    ),
    fails: ['S1'],
    budget: 20,
  },
  {
    name: 'forks-without-end',
    recipe: python('import os', 'while True:', '    try: os.fork()', '    except OSError: pass'),
    fails: ['S1'],
    reaches: true,
    budget: 120,
  },
  {
    name: 'eats-memory',
    recipe: python('x = []', 'while True: x.append(bytearray(1 << 24))'),
    fails: ['S1'],
    reaches: true,
    budget: 40,
  },
  {
    name: 'fills-its-disk',
    recipe: entrypoint('sh', '-c', 'cat /dev/zero > /tmp/filler; exec sleep 600'),
    fails: ['S1'],
    reaches: true,
    budget: 90,
  },
  {
    name: 'fills-the-home',
    recipe: entrypoint('sh', '-c', 'cat /dev/zero > "$HOME/filler"; exec sleep 600'),
    fails: ['S1'],
    reaches: true,
    budget: 90,
  },
  {
    name: 'ignores-every-signal',
    recipe: python(
      'import signal, time',
      'for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:',
      '    signal.signal(number, signal.SIG_IGN)',
      'time.sleep(600)',
    ),
    fails: ['S1'],
    waits: true,
    budget: 90,
  },
];

const engine = connectDocker();
const images = new FaultyImages(engine, 'hostile');
let base = '';

beforeAll(async () => {
  base = await realBase();
});

afterAll(async () => {
  await images[Symbol.asyncDispose]();
  await engine.close();
});

function build({ name, recipe }: Attack): Promise<string> {
  return images.build(name, `FROM ${base}\n${recipe}\n`);
}

/** Everything in a verdict that is shown to somebody. */
function shownWords({ clauses, logTail }: Verdict): string {
  return [...clauses.flatMap(({ evidence, hint }) => [...evidence, hint ?? '']), ...logTail].join('\n');
}

/** The most that is taken, from now on, of the disk where the engine keeps its layers, logs and volumes. */
async function watchDisk(): Promise<{ taken(): number }> {
  const { dataRoot } = valueOf(await engine.info(patience()));
  const free = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(dataRoot ?? '/');
    return bavail * bsize;
  };
  const before = await free();
  let lowest = before;
  const timer = setInterval(() => {
    void free().then((now) => (lowest = Math.min(lowest, now)));
  }, 200);
  return {
    taken() {
      clearInterval(timer);
      return before - lowest;
    },
  };
}

/** Judges the attack, a right image beside it where that might feel it, and what both did to the machine. */
async function withstand(attack: Attack): Promise<void> {
  const image = await build(attack);
  const run = `${runId}-${attack.name}`;
  const memory = process.memoryUsage().rss;
  const disk = await watchDisk();
  const busy = [slownessNow()];
  const { readinessBudgetMs } = attack;
  const [verdict, neighbour] = await Promise.all([
    judge(engine, image, { runId: run, ...(readinessBudgetMs === undefined ? {} : { readinessBudgetMs }) }),
    attack.reaches === undefined ? undefined : judge(engine, base, { runId: run }),
  ]);

  expect(failures(verdict)).toEqual(expect.arrayContaining([...attack.fails]));
  busy.push(slownessNow());
  // The judge waits longer on a machine that is busy with other things, and so do we: never on an idle one.
  expect(verdict.durationMs / 1000).toBeLessThan(attack.budget * Math.max(...busy));
  expect(verdict.clauses.find(({ result }) => result === 'fail')?.hint).not.toBe('');
  // oxlint-disable-next-line no-control-regex -- exactly these may not come through
  expect(shownWords(verdict)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(verdict.logTail.length).toBeLessThanOrEqual(30);

  expect(neighbour === undefined ? [] : failures(neighbour)).toEqual([]);
  expect(await leftovers(engine, run)).toBe(0);
  expect(process.memoryUsage().rss - memory).toBeLessThan(300e6);
  expect(disk.taken()).toBeLessThan(10e9);
}

const sentence = '$name: refused within $budget s, and the machine is as before';

describe.concurrent('an image that makes the judge wait', () => {
  it.each(attacks.filter(({ waits }) => waits === true))(sentence, withstand);
});

describe('an image that attacks', () => {
  it.each(attacks.filter(({ waits }) => waits === undefined))(sentence, withstand);
});

/** Whether a container of this run is running. */
async function isRunning(): Promise<boolean> {
  const containers = valueOf(await engine.listContainers(`hubwright=${runId}`, patience()));
  return containers.some(({ status }) => status === 'running');
}

describe('Ctrl-C', () => {
  it.each(attacks.filter(({ name }) => /flood|fork|never|fills-its|signal/.test(name)))(
    '$name: ends the test at once and leaves nothing behind',
    async (attack) => {
      const image = await build(attack);
      const controller = new AbortController();
      const running = smokeImage(engine, requestFor(image), () => {}, controller.signal);
      // As soon as it runs: what fills a disk is refused within seconds.
      await expect.poll(isRunning, { interval: 50 }).toBe(true);
      controller.abort();
      const started = performance.now();
      expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
      expect(performance.now() - started).toBeLessThan(30_000);
      expect(await leftovers(engine)).toBe(0);
    },
  );
});
