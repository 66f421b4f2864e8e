import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordReference } from '../../src/core/labels.ts';
import { grpcCalls } from '../../src/engine/docker/grpc-calls.ts';
import { openTransport } from '../../src/engine/docker/transport.ts';
import type { BuildContext, BuildEvent, BuildRequest, ContextEntry } from '../../src/engine/engine.ts';
import { engineRig, errorOf, patience, stores, valueOf } from '../rig/engine.ts';
import type { EngineRig } from '../rig/engine.ts';
import { LOGIN, startRegistry } from '../rig/registry.ts';
import { until } from '../rig/second-engine.ts';

/** What a context's listing says of one file. */
function fileEntry(path: string, content: Buffer, mode: 0o644 | 0o755 = 0o644): ContextEntry {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { kind: 'file', path, mode, size: content.length, sha256 };
}

describe.each(stores)('builds on the %s store', (store) => {
  let rig: EngineRig;
  let folder: string;
  beforeAll(async () => {
    rig = await engineRig(store);
    folder = await mkdtemp(join(tmpdir(), 'hubwright-context-'));
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Builds, and collects the events. */
  async function build(dockerfile: string, more: Partial<BuildRequest> = {}) {
    const events: BuildEvent[] = [];
    const request = rig.request(dockerfile, more);
    const result = await rig.engine.build(request, (event) => events.push(event), patience());
    const output = events.flatMap((event) => (event.kind === 'output' ? [event.text] : [])).join('');
    return { result, events, output };
  }

  async function context(files: Readonly<Record<string, string | Buffer>>): Promise<BuildContext> {
    const directory = await mkdtemp(join(folder, 'c-'));
    const entries: ContextEntry[] = [];
    for (const [path, text] of Object.entries(files)) {
      const content = Buffer.from(text);
      await mkdir(join(directory, path, '..'), { recursive: true });
      await writeFile(join(directory, path), content);
      entries.push(fileEntry(path, content));
    }
    return { directory, entries };
  }

  test('a text in the place of a file is sent in its place, of one length and of another', async () => {
    const { directory, entries } = await context({ 'a/b': 'the file', other: 'other' });
    for (const text of ['the file', 'the edit', 'a longer edit', '']) {
      const content = Buffer.from(text);
      const edited = entries.map((entry) =>
        entry.path === 'a/b' ? { ...fileEntry('a/b', content), content } : entry,
      );
      const { result, output } = await build(
        `FROM ${rig.root}\nCOPY . /x/\nRUN echo "got: $(cat /x/a/b), $(cat /x/other)"\n`,
        { context: { directory, entries: edited } },
      );
      valueOf(result);
      expect(output).toContain(`got: ${text}, other\n`);
    }
  });

  test('arguments, labels, tags and events arrive', async () => {
    const tag = recordReference(rig.name, 'key-arguments');
    const { result, events, output } = await build(
      `FROM ${rig.root}\nARG WHO=nobody\nRUN echo "hello ${'$'}WHO" \\\n  && sleep 0.1\n`,
      { args: { WHO: 'wörld "quoted"' }, labels: { ...rig.labels, also: 'this' }, tags: [tag] },
    );
    const image = valueOf(result);
    const details = valueOf(await rig.engine.images.inspect(tag, patience()));
    expect(details).toMatchObject({
      id: image.id,
      size: image.size,
      labels: { ...rig.labels, also: 'this' },
    });
    expect(output).toBe('hello wörld "quoted"\n');
    const run = events.filter((event) => 'name' in event && event.name.startsWith('RUN echo'));
    expect(run).toMatchObject([{ kind: 'step-started' }, { kind: 'step-finished', cached: false }]);
    expect(run.at(-1)).toHaveProperty(
      'durationMs',
      expect.toSatisfy((time: number) => time >= 100),
    );
  });

  test('each step starts once and finishes once, and a second build says cached', async () => {
    const dockerfile = `FROM ${rig.root} AS one\nRUN echo ${rig.name} > /a\nFROM one\nWORKDIR /w\nCOPY --from=one /a /b\n`;
    for (const cached of [false, true]) {
      const { result, events } = await build(dockerfile);
      valueOf(result);
      const started = events.flatMap((event) => (event.kind === 'step-started' ? [event.step] : []));
      const finished = events.flatMap((event) => (event.kind === 'step-finished' ? [event] : []));
      expect(finished.map(({ step }) => step).toSorted()).toEqual(started.toSorted());
      expect(new Set(started).size).toBe(started.length);
      const run = finished.find(({ name }) => name.startsWith('RUN'));
      expect(run).toMatchObject({ name: `RUN echo ${rig.name} > /a`, cached });
    }
  });

  test('no-cache runs again what was built before', async () => {
    const dockerfile = `FROM ${rig.root}\nRUN cat /proc/sys/kernel/random/uuid > /made && cat /made\n`;
    const first = await build(dockerfile);
    const second = await build(dockerfile, { noCache: true });
    expect(first.output).toHaveLength(37);
    expect(second.output).toHaveLength(37);
    expect(second.output).not.toBe(first.output);
  });

  test('a target stage is built, and its instructions are found by line', async () => {
    const dockerfile = `FROM ${rig.root} AS first\nRUN true\nFROM first AS second\nRUN true\nRUN exit 4\n`;
    valueOf((await build(dockerfile, { target: 'first' })).result);
    const failed = errorOf((await build(dockerfile, { target: 'second' })).result);
    expect(failed).toMatchObject({ kind: 'step-failed', stepName: 'RUN exit 4', line: 5, exitCode: 4 });
  });

  test('secrets are mounted when given, left out when not, and demanded when required', async () => {
    const mount = 'RUN --mount=type=secret,id=token';
    const secrets = new Map([['token', Buffer.from('s3cret\n')]]);
    const dockerfile = `FROM ${rig.root}\n${mount} cat /run/secrets/token 2>/dev/null | sha256sum\n`;
    const hash = createHash('sha256').update('s3cret\n').digest('hex');
    expect((await build(dockerfile, { secrets, noCache: true })).output).toContain(hash);
    const without = await build(dockerfile, { noCache: true });
    valueOf(without.result);
    expect(without.output).not.toContain(hash);
    const required = await build(`FROM ${rig.root}\n${mount},required=true true\n`, { noCache: true });
    expect(errorOf(required.result)).toMatchObject({ kind: 'step-failed', line: 2, exitCode: undefined });
  });

  test('a context arrives as it was listed, and nothing else does', async () => {
    const given = await context({
      'b.txt': 'b',
      'a/deep/file': 'deep',
      'a-b': 'between',
      'ä€😀': 'name',
      empty: '',
    });
    await writeFile(join(given.directory, 'unlisted'), 'no');
    await writeFile(join(given.directory, 'run.sh'), 'echo ran');
    await chmod(join(given.directory, 'run.sh'), 0o777);
    await symlink('a/deep', join(given.directory, 'link'));
    const entries: ContextEntry[] = [
      ...given.entries,
      fileEntry('run.sh', Buffer.from('echo ran'), 0o755),
      { kind: 'symlink', path: 'link', target: 'a/deep' },
    ];
    const { result, output } = await build(
      `FROM ${rig.root}\nCOPY . /got\n` +
        `RUN cd /got && busybox find . -mindepth 1 | busybox sort && stat -c '%a %u:%g %Y %n' run.sh b.txt a && cat link/file\n`,
      { context: { directory: given.directory, entries } },
    );
    valueOf(result);
    const names = [
      './a',
      './a-b',
      './a/deep',
      './a/deep/file',
      './b.txt',
      './empty',
      './link',
      './run.sh',
      './ä€😀',
    ];
    const modes = ['755 0:0 1000000000 run.sh', '644 0:0 1000000000 b.txt', '755 0:0 1000000000 a'];
    expect(output).toBe(`${[...names, ...modes].join('\n')}\ndeep`);
  });

  test('50 MB of context arrive whole', async () => {
    const large = randomBytes(50_000_000);
    const given = await context({ large });
    const { result, output } = await build(`FROM ${rig.root}\nCOPY large /\nRUN sha256sum /large\n`, {
      context: given,
    });
    valueOf(result);
    expect(output).toContain(createHash('sha256').update(large).digest('hex'));
  });

  test('a changed context is seen though size and time are the same', async () => {
    for (const word of ['one', 'two']) {
      const { output } = await build(`FROM ${rig.root}\nCOPY file /\nRUN cat /file\n`, {
        context: await context({ file: word }),
      });
      expect(output).toBe(word);
    }
  });

  test('a Dockerfile of the same length is seen beside the same context', async () => {
    const given = await context({ file: rig.name });
    for (const word of ['one', 'two', 'one']) {
      const dockerfile = `FROM ${rig.root}\nCOPY . /c\nRUN echo ${word}; cat /c/file\n`;
      const { output } = await build(dockerfile, { context: given, noCache: true });
      expect(output).toBe(`${word}\n${rig.name}`);
      // The engine lets go of the folders of a build a moment after its end.
      await sleep(200);
    }
  });

  test.each([
    ['edited, with the same size', (path: string) => writeFile(path, 'AFTER!')],
    ['made longer', (path: string) => writeFile(path, 'before and more')],
    ['removed', (path: string) => rm(path)],
    ['made a link', (path: string) => rm(path).then(() => symlink('/etc/passwd', path))],
  ])('a file that was %s since it was hashed fails the build by its name', async (what, change) => {
    const given = await context({ 'some/file': 'before', other: `${rig.name} ${what}` });
    const file = join(given.directory, 'some/file');
    await change(file);
    const dockerfile = `FROM ${rig.root}\nCOPY . /got\nRUN cat /got/some/file\n`;
    const { result } = await build(dockerfile, { context: given });
    const failure = errorOf(result);
    expect(failure).toMatchObject({ kind: 'context-changed', path: 'some/file' });
    expect(failure).toHaveProperty('message', expect.stringContaining('some/file'));

    // The engine may keep what a session sent for the next one: nothing of what was refused is among it.
    await rm(file, { force: true });
    await writeFile(file, 'before');
    const { output } = await build(dockerfile, { context: given });
    expect(output).toBe('before');
  });

  test('a failing RUN is told with its line, text, exit code and output', async () => {
    const { result, output, events } = await build(
      `# a comment\nFROM ${rig.root}\nENV A=b\nRUN true\n\nRUN echo sorry >&2; \\\n    exit 17\nRUN true\n`,
    );
    expect(errorOf(result)).toMatchObject({
      kind: 'step-failed',
      line: 6,
      stepName: 'RUN echo sorry >&2; \\\n    exit 17',
      exitCode: 17,
    });
    expect(output).toBe('sorry\n');
    expect(events.some((event) => event.kind === 'step-finished' && event.error !== undefined)).toBe(true);
  });

  test('a failure is told whole, however long the Dockerfile is', async () => {
    const comment = `# ${randomBytes(100).toString('base64')}\n`.repeat(1500);
    const { result, output } = await build(`FROM ${rig.root}\n${comment}RUN echo sorry; exit 17\n`);
    expect(errorOf(result)).toMatchObject({ kind: 'step-failed', line: 1502, exitCode: 17 });
    expect(output).toBe('sorry\n');
  });

  test('a failure is told whole by the longest request that carries its Dockerfile', async () => {
    const start = `FROM ${rig.root}\nRUN echo sorry; exit 17 # `;
    // Just below the limit of solve.ts, nearly all of it one command.
    const dockerfile = start + 'x'.repeat(10 * 1024 - 100 - start.length);
    const label = `${rig.name}-longest`;
    const { result, output } = await build(dockerfile, { labels: { [label]: 'true' } });
    expect(errorOf(result)).toMatchObject({ kind: 'step-failed', line: 2, exitCode: 17 });
    expect(output).toBe('sorry\n');
    // It went that way.
    expect(await historyOf(rig.socket)).not.toContain(label);
  });

  test('a build is not kept in the history of builds', async () => {
    const label = `${rig.name}-unheard`;
    const { result } = await build(`FROM ${rig.root}\nRUN true\n`, { labels: { [label]: 'true' } });
    valueOf(result);
    const history = await historyOf(rig.socket);
    expect(history).not.toContain(label);
    // The way that long Dockerfiles go keeps them, so what is looked for would be found.
    const long = `FROM ${rig.root}\nRUN true\n${'# padding\n'.repeat(2000)}`;
    valueOf((await build(long, { labels: { [label]: 'true' } })).result);
    expect(await historyOf(rig.socket)).toContain(label);
  });

  test.each([
    ['a wrong instruction', (root: string) => `FROM ${root}\nRUN true\nRUNN false\n`, 3],
    ['a missing file', (root: string) => `FROM ${root}\nRUN true\n\nCOPY none /\n`, 4],
    [
      'an unknown image to copy from',
      (root: string) => `FROM ${root}\nCOPY --from=localhost:1/none /a /\n`,
      2,
    ],
    ['an unknown base', () => `# none\nFROM localhost:1/none:tag\nRUN true\n`, 2],
  ])('%s makes the Dockerfile not solvable, with the line', async (_what, dockerfile, line) => {
    const { result } = await build(dockerfile(rig.root));
    expect(errorOf(result)).toMatchObject({ kind: 'not-solvable', line });
  });

  test.each([
    ['none', '"/none": not found'],
    ['some/none', 'failed to walk /some: lstat /some: no such file or directory'],
  ])('a missing file is told by its path alone: %s', async (path, message) => {
    const { result } = await build(`FROM ${rig.root}\nCOPY ${path} /\n`);
    // Once the engine has looked through a context, as some other build's empty one, it says it as of any file.
    const known = `"/${path}": not found`;
    expect(errorOf(result)).toMatchObject({
      kind: 'not-solvable',
      message: expect.toBeOneOf([message, known]),
    });
  });

  test('a base in a closed registry is pulled with the credentials of exactly its host', async () => {
    await using registry = await startRegistry('htpasswd');
    const { images } = rig.engine;
    const reference = `${registry.host}/closed/base:${rig.name}`;
    valueOf(await images.tag(rig.root, reference, patience()));
    valueOf(await images.push(reference, async () => LOGIN, patience()));
    valueOf(await images.remove(reference, patience()));
    const dockerfile = `FROM ${reference}\nRUN cat /data/seed\n`;
    expect(errorOf((await build(dockerfile)).result)).toMatchObject({ kind: 'not-solvable', line: 1 });
    const asked = new Set<string>();
    const { result } = await build(dockerfile, {
      noCache: true,
      credentials: async (host) => {
        asked.add(host);
        return host === registry.host ? LOGIN : undefined;
      },
    });
    valueOf(result);
    expect([...asked]).toEqual([registry.host]);
  });

  test('a child starts from the exact local tag of its parent', async () => {
    const parent = recordReference(`${rig.name}-parent`, `key-${'0'.repeat(64)}`);
    valueOf((await build(`FROM ${rig.root}\nRUN echo ${store} > /parent\n`, { tags: [parent] })).result);
    const child = await build(`FROM ${parent}\nRUN cat /parent\n`, { noCache: true });
    valueOf(child.result);
    expect(child.output).toBe(`${store}\n`);
    const details = valueOf(await rig.engine.images.inspect(parent, patience()));
    const built = valueOf(await rig.engine.images.inspect(valueOf(child.result).id, patience()));
    expect(built.diffIds.slice(0, details.diffIds.length)).toEqual(details.diffIds);
  });

  test('eight builds at once keep their secrets, contexts and outputs apart', async () => {
    const numbers = [...Array(8).keys()];
    const outputs = await Promise.all(
      numbers.map(async (number) => {
        const { result, output } = await build(
          `FROM ${rig.root}\nCOPY file /\nRUN --mount=type=secret,id=s cat /file /run/secrets/s; echo ${number}\n`,
          {
            name: `parallel-${number}`,
            context: await context({ file: `file ${number} ` }),
            secrets: new Map([['s', Buffer.from(`secret ${number} `)]]),
            noCache: true,
          },
        );
        valueOf(result);
        return output;
      }),
    );
    expect(outputs).toEqual(numbers.map((number) => `file ${number} secret ${number} ${number}\n`));
  });

  test('cancelling ends the running step in the engine', async () => {
    const mark = `31${Math.floor(Math.random() * 1e6)}`;
    const abort = new AbortController();
    const building = rig.engine.build(
      rig.request(`FROM ${rig.root}\nRUN sleep ${mark}\n`),
      () => undefined,
      abort.signal,
    );
    await until(() => isRunning(`sleep\0${mark}\0`), 30_000, 'the step does not start');
    const before = Date.now();
    abort.abort();
    expect(errorOf(await building)).toMatchObject({ kind: 'engine', error: { kind: 'cancelled' } });
    await until(async () => !(await isRunning(`sleep\0${mark}\0`)), 2_000, 'the step goes on');
    expect(Date.now() - before).toBeLessThan(2_000);
  });

  test('a build that was cancelled before it began answers cancelled', async () => {
    const result = await rig.engine.build(
      rig.request(`FROM ${rig.root}\n`),
      () => undefined,
      AbortSignal.abort(),
    );
    expect(errorOf(result)).toMatchObject({ kind: 'engine', error: { kind: 'cancelled' } });
  });

  test('a quiet step longer than the engine asks for signs of life ends well', async () => {
    valueOf((await build(`FROM ${rig.root}\nRUN sleep 11\n`, { noCache: true })).result);
  });
});

/** True while a process with this command line lives; containers' processes are the machine's own. */
async function isRunning(commandLine: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.some((line) => line.endsWith(commandLine));
}

/** What the engine's history of builds holds: its records in BuildKit's encoding, one after another. */
async function historyOf(socket: string | undefined): Promise<string> {
  const transport = openTransport(socket);
  const upgrade = { method: 'POST', path: '/grpc', headers: { Upgrade: 'h2c' } } as const;
  using calls = grpcCalls(valueOf(await transport.upgrade(upgrade, patience())));
  // BuildHistoryRequest with its third field, EarlyExit: what is there, not what is to come.
  const request = Buffer.from([0x18, 1]);
  const records = calls.call('/moby.buildkit.v1.Control/ListenBuildHistory', request, patience());
  return Buffer.concat(await Array.fromAsync(records)).toString('latin1');
}
