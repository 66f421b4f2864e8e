/**
 * Whole commands beside their peers, in one run on one machine: `npm run bench`. The ratios are goals, the
 * milliseconds are this machine's of today.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { realImages } from '../rig/family.ts';
import { matrixOf, workspace } from '../rig/workspace.ts';
import { compare, type Comparison } from './side-by-side.ts';

const docker = '/usr/bin/docker';
const repository = path.resolve(import.meta.dirname, '../..');

function report(what: string, { ours, theirs, ratio }: Comparison): void {
  process.stdout.write(
    `${what}: ours ${ours.join(', ')} ms; theirs ${theirs.join(', ')} ms; ratio ${ratio.toFixed(2)}\n`,
  );
}

test(
  'twenty trivial images, cold, without checks, beside docker buildx bake',
  { timeout: 600_000 },
  async () => {
    const names = Array.from({ length: 20 }, (_, index) => `image${index}`);
    const files = Object.fromEntries(
      names.map((name) => [
        `${name}/Dockerfile`,
        `FROM rig.example/{p}root:1\nRUN echo ${name} > /data/name\nCOPY . /data/\n`,
      ]),
    );
    const matrix = matrixOf(names).replaceAll('kind: custom', 'kind: builder');
    await using family = await workspace({ ...files, 'matrix.yaml': matrix });
    const own = valueOf(await family.engine.images.list({ label: `hubwright=${family.prefix}` }, patience()));
    const root = own[0]?.tags[0] ?? '';
    for (const name of names) {
      await writeFile(
        path.join(family.directory, name, 'Dockerfile.bake'),
        `FROM ${root}\nRUN echo ${name} > /data/name\nCOPY . /data/\n`,
      );
    }
    const target = Object.fromEntries(
      names.map((name) => [
        name,
        { context: name, dockerfile: 'Dockerfile.bake', tags: [`${family.prefix}bake-${name}`] },
      ]),
    );
    await writeFile(
      path.join(family.directory, 'docker-bake.json'),
      JSON.stringify({ group: { default: { targets: names } }, target }),
    );

    const comparison = await compare(
      5,
      async () => {
        const run = await family.build([
          'images',
          ...names.map((name) => `{p}${name}`),
          '--force',
          '--no-cache',
        ]);
        expect(run.exitCode, run.stderr).toBe(0);
      },
      async () => {
        await execa(docker, ['buildx', 'bake', '--no-cache', '--progress=plain'], { cwd: family.directory });
      },
    );
    report('20 trivial images, ours / bake', comparison);
    expect(comparison.ratio).toBeLessThanOrEqual(1.0);
  },
);

test('the base image, cold, beside docker build of the same Dockerfile', { timeout: 1_800_000 }, async () => {
  const installer = (await realImages(['installer'])).get('installer') ?? '';
  await using family = await workspace({
    'matrix.yaml': `roots:
  debian: { from: "debian:trixie-slim", bootstrap: { debian: trixie } }
images:
  installer: { context: images/installer, kind: builder }
  {p}base: { context: images/base, kind: builder }
`,
    'images/base/Dockerfile': '',
  });
  for (const part of ['images/base', 'images/installer', 'matrix.lock']) {
    await cp(path.join(repository, part), path.join(family.directory, part), { recursive: true });
  }
  // The same text, but with the exact references that ours are resolved to.
  const text = await readFile(path.join(repository, 'images/base/Dockerfile'), 'utf8');
  const root = await bootstrappedRoot(family.engine);
  const plain = text.replaceAll('from=installer', `from=${installer}`).replaceAll('debian:trixie-slim', root);
  await writeFile(path.join(family.directory, 'plain.Dockerfile'), plain);
  const ca = process.env['SSL_CERT_FILE'];
  const secret = ca === undefined ? [] : ['--secret', `id=ca,src=${ca}`];
  const comparison = await compare(
    3,
    async () => {
      const env = ca === undefined ? {} : { SSL_CERT_FILE: ca };
      const run = await family.build(['images', '{p}base', '--force', '--no-cache'], env);
      expect(run.exitCode, run.stderr).toBe(0);
    },
    async () => {
      const args = [
        'build',
        '--no-cache',
        ...secret,
        '-t',
        `${family.prefix}plain`,
        '-f',
        'plain.Dockerfile',
        'images/base',
      ];
      await execa(docker, args, { cwd: family.directory });
    },
  );
  report('base, ours / docker build', comparison);
  expect(comparison.ratio).toBeLessThanOrEqual(1.1);
});

async function bootstrappedRoot(engine: Engine): Promise<string> {
  const images = valueOf(await engine.images.list({ label: 'hubwright.root=debian' }, patience()));
  const tags = images
    .flatMap((image) => image.tags)
    .filter((tag) => tag.startsWith('hubwright/root-debian:'));
  if (tags[0] === undefined)
    throw new Error('the root was not made on the spot: compare with what was pulled instead');
  return tags[0];
}
