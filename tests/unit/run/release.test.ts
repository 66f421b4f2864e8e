import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { ImageSet } from '../../../src/matrix/image-set.ts';
import { composeRelease, isSameRelease, readRelease, writeRelease } from '../../../src/run/release.ts';
import type { Release, ReleasedImage } from '../../../src/run/schema.ts';
import { loadFiles } from '../../rig/matrix-folder.ts';

const facts = {
  run: 'run-2',
  created: new Date('2026-11-20T08:00:00Z'),
  registry: 'registry.example',
  naming: 'repository-per-image',
};

async function family(): Promise<ImageSet> {
  return await loadFiles({
    'matrix.yaml':
      'images:\n  tools: { context: tools, kind: builder }\n  base: { context: base, kind: singleuser }\n  hub: { context: hub, kind: hub }\n',
    'tools/Dockerfile': 'FROM scratch\n',
    'base/Dockerfile': 'FROM scratch\n',
    'hub/Dockerfile': 'FROM scratch\n',
  });
}

function released(name: string, digest: string): ReleasedImage {
  return {
    name,
    definition: name,
    kind: 'singleuser',
    reference: `registry.example/${name}@${digest}`,
    digest,
    tags: ['latest'],
    key: 'a'.repeat(64),
    verdict: { contract: 1, profile: 'singleuser', key: 'b'.repeat(64) },
    size: { compressed: 1, unpacked: 2 },
    state: 'current',
  };
}

function release(images: readonly ReleasedImage[], registry = 'registry.example'): Release {
  return {
    version: 1,
    run: 'run-1',
    created: '2026-11-19T08:00:00.000Z',
    registry,
    naming: 'repository-per-image',
    images: [...images],
  };
}

test('an image that failed is carried forward with its older digest and marked', async () => {
  const failure = { message: 'S4 binds the service URL', blame: 'image', tail: [] } as const;
  const composed = composeRelease(
    await family(),
    facts,
    new Map([
      ['base', { outcome: { kind: 'failed', stage: 'smoke', failure }, released: undefined }],
      ['hub', { outcome: { kind: 'done', published: true }, released: released('hub', 'sha256:new') }],
    ]),
    release([released('base', 'sha256:old'), released('hub', 'sha256:older')]),
  );
  expect(composed.images.map(({ name, digest, state, reason }) => [name, digest, state, reason])).toEqual([
    ['base', 'sha256:old', 'held-back', 'smoke failed: S4 binds the service URL'],
    ['hub', 'sha256:new', 'current', undefined],
  ]);
});

test('an image that the run did not touch stands as it stood, and a builder is never released', async () => {
  const composed = composeRelease(
    await family(),
    facts,
    new Map([['tools', { outcome: { kind: 'done', published: false }, released: undefined }]]),
    release([released('base', 'sha256:old')]),
  );
  expect(composed.images).toEqual([released('base', 'sha256:old')]);
});

test('a release of another registry carries nothing forward', async () => {
  const composed = composeRelease(
    await family(),
    facts,
    new Map(),
    release([released('base', 'sha256:old')], 'elsewhere.example'),
  );
  expect(composed.images).toEqual([]);
});

test('two releases are the same when only the run and its moment differ', () => {
  const one = release([released('base', 'sha256:old')]);
  expect(isSameRelease({ ...one, run: 'run-9', created: 'later' }, one)).toBe(true);
  expect(isSameRelease(release([released('base', 'sha256:new')]), one)).toBe(false);
  expect(isSameRelease(one, undefined)).toBe(false);
});

test('what is written is read again; what is damaged is read as none; no temporary file stays', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'hubwright-release-'));
  try {
    const whole = release([released('base', 'sha256:old')]);
    expect(await writeRelease(directory, whole)).toBe('release.json');
    expect(await readRelease(directory)).toEqual(whole);
    expect(await readdir(directory)).toEqual(['release.json']);
    const text = await readFile(path.join(directory, 'release.json'), 'utf8');
    await writeFile(path.join(directory, 'release.json'), text.slice(0, 50));
    expect(await readRelease(directory)).toBeUndefined();
  } finally {
    await rm(directory, { recursive: true });
  }
});
