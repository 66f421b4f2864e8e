/**
 * One slice of the reference family as it is: base, one course's two images, hub and proxy. They are built by the
 * real command, judged anew, and used. What the tests edit, they edit in a copy.
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { ownerLabel } from '../../src/core/labels.ts';
import { findCaBundle } from '../../src/setup/ca-bundle.ts';
import { failuresOf } from '../rig/events.ts';
import { coldFamilyMs, realImages, referenceIn, repository } from '../rig/family.ts';
import { changesOf, familyCopy } from '../rig/family-copy.ts';

// Real images: seconds each where they are built already, minutes where nothing is.
vi.setConfig({ testTimeout: 300_000, hookTimeout: coldFamilyMs });

const docker = '/usr/bin/docker';
const course = ['course-first-steps-student', 'course-first-steps-instructor'] as const;
const slice = ['base', ...course, 'hub', 'proxy'] as const;

let references: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  references = await realImages(slice);
});

const base = (): string => referenceIn(references, 'base');

type Clause = Extract<RunEvent, { kind: 'clause' }>;

test('each image passes every clause of its contract, its size within the budget', async () => {
  await using family = await familyCopy();
  const run = await family.images([...slice, '--force']);
  expect(run.exitCode, JSON.stringify(failuresOf(run.events), undefined, 2)).toBe(0);
  expect(changesOf(run.events)).toEqual(slice.map((name) => `${name} done`).toSorted());
  const clauses = run.events.filter((event): event is Clause => event.kind === 'clause');
  // S20a and H4 are remarks on the seconds that an ending took, which other work on this machine decides.
  const refused = clauses.filter(
    ({ id, result }) => result !== 'pass' && result !== 'not-applicable' && !['S20a', 'H4'].includes(id),
  );
  expect(refused).toEqual([]);
  for (const name of slice) {
    const passed = clauses
      .filter(({ image, result }) => image === name && result === 'pass')
      .map(({ id }) => id);
    expect(passed).toContain('Z1');
    expect(passed).toEqual(expect.arrayContaining([...(profiles[name] ?? profiles['singleuser'] ?? [])]));
  }
});

const profiles: Readonly<Record<string, readonly string[]>> = {
  singleuser: ['S1', 'S4', 'S6', 'S9', 'S10', 'S20'],
  hub: ['H1', 'H2', 'H3'],
  proxy: ['P1', 'P2', 'P3', 'P4'],
};

describe('a site’s own certificate authorities', () => {
  test('are in no layer of an image that was built with them', async () => {
    const bundle = valueOfBundle(await findCaBundle({ flag: undefined, env: process.env }));
    const debians = await inImage(base(), 'cat /usr/share/ca-certificates/mozilla/*.crt', []);
    const known = new Set(certificatesIn(debians));
    const [control] = known;
    const own = certificatesIn(bundle).filter((body) => !known.has(body));
    const found = await findInLayers(base(), [control ?? '', ...own].map(tellingLine));
    // The first is Debian's, and has to be found: else we would be looking at something that hides it.
    expect(found).toEqual([true, ...own.map(() => false)]);
  });

  test('leave Debian’s own bundle as Debian made it', async () => {
    const script = `cp /etc/ssl/certs/ca-certificates.crt /tmp/before
      && update-ca-certificates --fresh >/tmp/log 2>&1 && cmp /tmp/before /etc/ssl/certs/ca-certificates.crt && echo same`;
    expect(await inImage(base(), script.replaceAll('\n', ' '), ['--user', '0'])).toBe('same');
  });

  test('are required by no Dockerfile, and builds that need no HTTPS do without', async () => {
    const mounts: string[] = [];
    for (const folder of await readdir(path.join(repository, 'images'))) {
      const text = await readFile(path.join(repository, 'images', folder, 'Dockerfile'), 'utf8');
      mounts.push(...(text.match(/--mount=type=secret\S*/g) ?? []));
    }
    expect(mounts.filter((mount) => mount.includes('id=ca')).length).toBeGreaterThan(3);
    expect(mounts.filter((mount) => mount.includes('required'))).toEqual([]);

    await using family = await familyCopy();
    // Another day gives it a key of this copy's own.
    await family.write(
      'matrix.lock',
      (await family.read('matrix.lock')).replace(/registry: \S+/, 'registry: 2001-01-01'),
    );
    const run = await family.images(['registry', '--no-cache'], { SSL_CERT_FILE: '', HUBWRIGHT_CA: '' });
    expect(run.exitCode, run.stderr).toBe(0);
    const steps = run.events.flatMap((event) =>
      event.kind === 'build-step' && event.name.includes('apt-get') ? [event.state] : [],
    );
    expect(steps).toContain('done');
  });
});

/** A bundle's text; empty where the machine has none. */
function valueOfBundle(found: Awaited<ReturnType<typeof findCaBundle>>): string {
  if (!found.ok) throw new Error(found.error.message);
  return found.value?.bytes.toString('latin1') ?? '';
}

function certificatesIn(text: string): readonly string[] {
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----\s+([^-]+)-----END CERTIFICATE-----/g);
  return [...blocks].map(([, body = '']) => body.replaceAll('\r', '').trim());
}

/** A line that no other certificate has: from the middle, where keys and signatures lie. */
function tellingLine(certificate: string): string {
  const lines = certificate.split('\n');
  return lines[Math.floor(lines.length / 2)] ?? '';
}

/** Whether each text occurs in any layer of the image, those that later layers hide included. */
async function findInLayers(reference: string, texts: readonly string[]): Promise<readonly boolean[]> {
  const longest = Math.max(...texts.map((text) => text.length));
  const found = texts.map(() => false);
  let rest = '';
  const saving = execa(docker, ['save', reference], { buffer: false });
  for await (const chunk of saving.iterable({ from: 'stdout', binary: true })) {
    const text = rest + Buffer.from(chunk).toString('latin1');
    for (const [index, wanted] of texts.entries()) found[index] ||= text.includes(wanted);
    rest = text.slice(-longest);
  }
  await saving;
  return found;
}

/** What a shell in a container of the image printed; the container is gone afterwards. */
async function inImage(reference: string, script: string, options: readonly string[]): Promise<string> {
  const own = ['--rm', '--network', 'none', '--label', `${ownerLabel}=test-slice`, '--entrypoint', 'sh'];
  const { stdout } = await execa(docker, ['run', ...own, ...options, reference, '-c', script]);
  return stdout;
}

test('`pip install --user` works for the hub’s user, and what it brought survives a restart', async () => {
  const volume = `hubwright-test-home-${randomUUID().slice(0, 8)}`;
  await execa(docker, ['volume', 'create', '--label', `${ownerLabel}=test-slice`, volume]);
  try {
    const home = ['--volume', `${volume}:/home/jovyan`];
    // As z2jh mounts a home: root's, writable for group 100.
    await inImage(base(), 'chown 0:100 /home/jovyan && chmod 2775 /home/jovyan', [...home, '--user', '0']);
    await inImage(
      base(),
      `${makeWheel} && pip install --user --no-index /tmp/wheel/greet-1-py3-none-any.whl`,
      home,
    );
    // Another container: all that it knows is the home.
    expect(await inImage(base(), 'greet && python3 -c "import greet; greet.hello()"', home)).toBe(
      'hello\nhello',
    );
  } finally {
    await execa(docker, ['volume', 'rm', volume]);
  }
});

/** A wheel with one module and one command, made of nothing but Python's own library. */
const makeWheel = [
  'mkdir -p /tmp/wheel/greet-1.dist-info && cd /tmp/wheel',
  'printf \'def hello():\\n    print("hello")\\n\' > greet.py',
  "printf 'Metadata-Version: 2.1\\nName: greet\\nVersion: 1\\n' > greet-1.dist-info/METADATA",
  "printf 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n' > greet-1.dist-info/WHEEL",
  "printf '[console_scripts]\\ngreet = greet:hello\\n' > greet-1.dist-info/entry_points.txt",
  "printf 'greet.py,,\\ngreet-1.dist-info/METADATA,,\\ngreet-1.dist-info/WHEEL,,\\ngreet-1.dist-info/entry_points.txt,,\\ngreet-1.dist-info/RECORD,,\\n' > greet-1.dist-info/RECORD",
  'python3 -m zipfile -c greet-1-py3-none-any.whl greet.py greet-1.dist-info',
].join(' && ');

test('an edit in one course’s folder means its two images and no other', async () => {
  await using family = await familyCopy();
  const keysOf = async (): Promise<ReadonlyMap<string, string>> =>
    new Map((await family.plan([])).images.map(({ name, key }) => [name, key]));
  const before = await keysOf();
  // No run before, ended in its middle, has built just this.
  const mark = randomUUID();
  await family.write(
    'courses/first-steps/postBuild',
    `install -d /srv/course && echo ${mark} > /srv/course/built\n`,
  );
  const after = await keysOf();
  expect(after.size).toBe(before.size);
  expect([...after].flatMap(([name, key]) => (before.get(name) === key ? [] : [name])).toSorted()).toEqual(
    course.toSorted(),
  );

  const run = await family.images([
    'course-first-steps-student',
    'course-first-steps-instructor',
    '--changed',
  ]);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(changesOf(run.events)).toEqual(course.map((name) => `${name} done`).toSorted());
});

test('an image whose entry point adds --port=9999 is refused, with S4 and the port named', async () => {
  await using family = await familyCopy();
  const definition = '  port: { context: images/port, kind: singleuser }\n';
  await family.write(
    'matrix.yaml',
    (await family.read('matrix.yaml')).replace(/^images:\n/m, `images:\n${definition}`),
  );
  const entryPoint = JSON.stringify(['tini', '--', 'sh', '-c', 'exec "$@" --port=9999', '--']);
  await family.write('images/port/Dockerfile', `FROM base\nENTRYPOINT ${entryPoint}\n`);
  const run = await family.images(['port']);
  expect(run.exitCode, run.stderr).toBe(1);
  const [failure] = failuresOf(run.events);
  expect(failure?.clauses?.map(({ id }) => id)).toEqual(['S4']);
  expect(failure?.message).toContain('S4');
  expect(failure?.clauses?.[0]?.hint).toContain('9999');
  const tags = await family.engine.images.list({}, AbortSignal.timeout(30_000));
  expect(tags.ok && tags.value.flatMap((image) => image.tags).includes(`port:${family.version}`)).toBe(false);
});
