/** Builds on a real engine that are failed by the network, by an edit, by the kernel; that never end, print too much, or have no room. */
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { failuresOf, outcomesOf } from '../rig/events.ts';
import { eventsOf } from '../rig/family-copy.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

/** A server that answers its first `failures` requests with 503, and all others well. */
async function moodyServer(failures: number) {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.statusCode = requests <= failures ? 503 : 200;
    response.end('content\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', () => resolve()));
  return {
    // An address of this kind always is: the server listens on a port, not on a socket file.
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A family of an image that downloads, another on top of it, and one that does not care. */
async function downloadingFamily(port: number) {
  const family = await workspace({
    'matrix.yaml': matrixOf(['fetching', 'above', 'other']),
    'above/Dockerfile': 'FROM {p}fetching\nCMD ["true"]\n',
    'other/Dockerfile': trivial,
    'fetching/Dockerfile': '',
  });
  // Any address of this machine's own is one that its containers reach.
  const host = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
  await family.write(
    'fetching/Dockerfile',
    `FROM rig.example/{p}root:1\nRUN wget -O /data/page http://${host}:${port}/page\nCMD ["true"]\n`,
  );
  return family;
}

/** The journal of a workspace's only run, as far as it is written. */
async function readJournal(family: Workspace): Promise<string> {
  const [run = ''] = await readdir(path.join(family.directory, '.hubwright/runs')).catch(() => []);
  return await family.read(`.hubwright/runs/${run}/events.ndjson`).catch(() => '');
}

test('a download that fails once is tried again after a pause, and said', async () => {
  await using server = await moodyServer(1);
  await using family = await downloadingFamily(server.port);
  const run = await family.events([]);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(server.requests()).toBe(2);
  expect(outcomesOf(run.events, family.prefix)).toEqual({ fetching: 'done', above: 'done', other: 'done' });
  const remarks = run.events.flatMap((event) => (event.kind === 'remark' ? [event.message] : []));
  expect(remarks).toEqual([
    'the network failed its build (wget: server returned error: HTTP/1.1 503 Service Unavailable); it is tried once more',
  ]);
});

test('a server that stays away is the environment’s fault: 3, and the others are built', async () => {
  await using server = await moodyServer(Number.POSITIVE_INFINITY);
  await using family = await downloadingFamily(server.port);
  const run = await family.events([]);
  expect(run.exitCode, run.stderr).toBe(3);
  expect(server.requests()).toBe(2);
  expect(outcomesOf(run.events, family.prefix)).toEqual({
    fetching: 'failed',
    above: 'blocked',
    other: 'done',
  });
  const failure = run.events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed' ? [event.outcome.failure] : [],
  )[0];
  expect(failure).toMatchObject({
    blame: 'environment',
    message:
      'the network failed its build twice: wget: server returned error: HTTP/1.1 503 Service Unavailable (fetching/Dockerfile:2)',
  });
});

test('Ctrl-C is not kept waiting by the pause before a second try', async () => {
  await using server = await moodyServer(Number.POSITIVE_INFINITY);
  await using family = await downloadingFamily(server.port);
  const running = family.start(['images', '--json', '{p}fetching']);
  await expect.poll(() => readJournal(family)).toContain('it is tried once more');
  const interrupted = Date.now();
  running.kill('SIGINT');
  const { exitCode } = await running;
  expect(exitCode).toBe(130);
  expect(Date.now() - interrupted).toBeLessThan(2500);
  expect(server.requests()).toBe(1);
});

test('a build that hangs is ended after the time given for it, named with its step; others are unharmed', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['hanging', 'above', 'talking']),
    'hanging/Dockerfile':
      'FROM rig.example/{p}root:1\nRUN echo begun\nRUN echo waiting; sleep 300\nCMD ["true"]\n',
    'above/Dockerfile': 'FROM {p}hanging\nCMD ["true"]\n',
    // Longer than the limit in all, but never silent for so long.
    'talking/Dockerfile':
      'FROM rig.example/{p}root:1\nRUN for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 1; done\nCMD ["true"]\n',
  });
  const run = await family.events(['--idle-timeout', '4s']);
  expect(run.exitCode, run.stderr).toBe(1);
  expect(outcomesOf(run.events, family.prefix)).toEqual({
    hanging: 'failed',
    above: 'blocked',
    talking: 'done',
  });
  const failure = run.events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed' ? [event.outcome.failure] : [],
  )[0];
  expect(failure).toMatchObject({
    blame: 'image',
    message:
      '`RUN echo waiting; sleep 300` (hanging/Dockerfile) printed nothing and made no progress for 4 s, and was ended (`--idle-timeout`)',
    tail: ['waiting'],
  });
});

test('tens of megabytes and control characters harm neither the memory, nor the log, nor the terminal', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['loud']),
    'loud/Dockerfile': `FROM rig.example/{p}root:1
${'RUN yes "a line of no interest at all" | head -n 200000; cat /dev/null\n'.repeat(8)}RUN printf '\\033[2J\\033]0;title\\007\\000\\010over\\rwritten\\n'; false
`,
  });
  // What is kept of the output must fit a heap in which all of it would not.
  const run = await family.build(['images', '--verbose'], { NODE_OPTIONS: '--max-old-space-size=40' });
  expect(run.exitCode, run.stderr.slice(-2000)).toBe(1);
  const shown = run.stderr.slice(-5000);
  expect(shown).toContain('written');
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
});

test('builds that the engine’s disk has no room for are not begun: 3, and how much is missing', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['huge']),
    'huge/Dockerfile': trivial,
    'huge/file': 'small',
  });
  expect((await family.build(['images'])).exitCode).toBe(0);
  const record = '.hubwright/record/{p}huge.json';
  const memory = JSON.parse(await family.read(record));
  expect(memory.size).toBeGreaterThan(100_000);
  await family.write(record, JSON.stringify({ ...memory, size: 1e15 }));
  await family.write('huge/file', 'edited');
  const run = await family.build(['images', '--changed']);
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toMatch(
    /error\[disk-space\]: `\/\S+` has \d+\.\d GB free, but these builds need about 1000001\.0 GB\n/,
  );
  expect(run.stderr).not.toContain('build …');
});

test('a context that is edited after the run began fails its image by the file’s name, and no other', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['slow', 'edited', 'other']),
    'slow/Dockerfile': 'FROM rig.example/{p}root:1\nRUN echo begun; sleep 3\nCMD ["true"]\n',
    'edited/Dockerfile': 'FROM {p}slow\nCOPY . /data/\nCMD ["true"]\n',
    'edited/file': 'before',
    'other/Dockerfile': trivial,
  });
  const running = family.start(['images', '--json']);
  await expect.poll(() => readJournal(family)).toContain('RUN echo begun');
  await family.write('edited/file', 'after!');
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(1);
  const events = eventsOf(stdout);
  expect(outcomesOf(events, family.prefix)).toEqual({ slow: 'done', edited: 'failed', other: 'done' });
  expect(failuresOf(events)).toMatchObject([
    { blame: 'image', message: expect.stringMatching(/^`file` changed while it was being packed: /) },
  ]);
  const again = await family.events(['--changed']);
  expect(outcomesOf(again.events, family.prefix)).toEqual({
    slow: 'reused',
    edited: 'done',
    other: 'reused',
  });
});

test('a step that the kernel kills says so, and others are unharmed', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['greedy', 'other']),
    // The first process of a container cannot be killed from within.
    'greedy/Dockerfile': 'FROM rig.example/{p}root:1\nRUN sleep 300 & kill -9 $!; wait $!\nCMD ["true"]\n',
    'other/Dockerfile': trivial,
  });
  const run = await family.events([]);
  expect(run.exitCode, run.stderr).toBe(1);
  expect(outcomesOf(run.events, family.prefix)).toEqual({ greedy: 'failed', other: 'done' });
  expect(failuresOf(run.events)).toMatchObject([
    { message: expect.stringContaining('exit code 137, killed: as a rule it asked for more memory') },
  ]);
});

test('a clock that is set an hour back in the middle of a run turns no duration and no event', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['timed']),
    'timed/Dockerfile': 'FROM rig.example/{p}root:1\nRUN sleep 1\nCMD ["true"]\n',
  });
  const back = `const now = Date.now; let calls = 0; Date.now = () => now() - (calls++ > 2 ? 3_600_000 : 0);`;
  const preload = `--import=data:text/javascript,${encodeURIComponent(back)}`;
  const run = await family.events([], { NODE_OPTIONS: preload });
  expect(run.exitCode, run.stderr).toBe(0);
  const durations = run.events.flatMap((event) => ('durationMs' in event ? [event.durationMs] : []));
  expect(Math.min(...durations)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...durations)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...durations)).toBeLessThan(60_000);
  const times = run.events.map(({ time }) => time);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a parent that was mistyped is told as that where nobody answers for it', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'above']),
    'base/Dockerfile': trivial,
    'above/Dockerfile':
      'FROM {p}bsae:1\nCOPY --from=localhost:1/x:1 /a /a\nCOPY --from=localhost:1/y:1 /a /a\n',
    // So that nobody is asked for it.
    'matrix.lock': `roots:\n  {p}bsae:1: {p}bsae:1@sha256:${'0'.repeat(64)}\n`,
  });
  const { stderr, exitCode } = await family.build(['plan']);
  expect(stderr).toContain('warning[near-name]');
  expect(stderr).toContain(`did you mean \`${family.prefix}base\``);
  expect(stderr).toContain('`localhost:1/x:1` (above/Dockerfile:2), `localhost:1/y:1` (above/Dockerfile:3)');
  expect(exitCode).toBe(3);
});
