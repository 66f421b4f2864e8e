import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFamily } from '../../../src/plan/draw-plan.ts';
import { ifChanged } from '../../../src/plan/if-changed.ts';
import { listContexts } from '../../../src/plan/list-contexts.ts';
import { matrixFolder, type Files } from '../../rig/matrix-folder.ts';

const { signal } = new AbortController();
const digest = `sha256:${'1'.repeat(64)}`;

const files = {
  'matrix.yaml': `images:
  base: { context: images/base, kind: singleuser }
  course: { context: courses/physics, dockerfile: images/course/Dockerfile, kind: singleuser }
  extra: { context: courses, dockerfile: images/extra/Dockerfile, kind: builder }
  hub: { context: images/hub, kind: hub }
  whole: { context: ., dockerfile: images/whole/Dockerfile, kind: builder }
`,
  'matrix.lock': `roots:\n  debian:trixie-slim: ${digest}\n`,
  'images/base/Dockerfile': 'FROM debian:trixie-slim\n',
  'images/base/requirements.lock': '',
  'images/base/.dockerignore': '*\n!keep\nkeep/*.log\n!requirements.lock\n',
  'images/base/keep/a.log': '',
  'images/base/keep/b.txt': '',
  'images/course/Dockerfile': 'FROM base\n',
  'images/extra/Dockerfile': 'FROM scratch\n',
  'images/extra/Dockerfile.dockerignore': '**/*.ipynb\n',
  'images/hub/Dockerfile': 'FROM node:22\n',
  'images/whole/Dockerfile': 'FROM scratch\n',
  '.dockerignore': 'images\n.hubwright\n',
  'courses/physics/a.ipynb': '',
  'courses/physics/apt.txt': '',
  'courses/physics-2/apt.txt': '',
} satisfies Files;

/** `course context, …; base …`: who reads the file and as what, then all that would be rebuilt. */
async function told(file: string): Promise<string> {
  await using folder = await matrixFolder(files);
  const family = await readFamily(folder.directory, {}, signal);
  if (!family.ok) throw new Error(JSON.stringify(family.error));
  const { kind, readers, rebuilt } = await ifChanged(family.value, file);
  const direct = readers.map(({ image, use }) => `${image} ${use}`).join(', ');
  return `${kind === 'file' ? '' : `${kind} `}${direct}; ${rebuilt.join(' ')}`;
}

test.each([
  [
    'a file of a context, and what stands on its image',
    'images/base/requirements.lock',
    'base context; base course',
  ],
  ['a file that is not there yet', 'images/base/keep/new.txt', 'base context; base course'],
  ['a file that is left out', 'images/base/keep/a.log', '; '],
  ['a new file that would be left out', 'images/base/new', '; '],
  ['an ignore file', 'images/base/.dockerignore', 'base ignore-file; base course'],
  ['a Dockerfile', 'images/base/Dockerfile', 'base dockerfile; base course'],
  ['an ignore file of a Dockerfile', 'images/extra/Dockerfile.dockerignore', 'extra ignore-file; extra'],
  [
    'a file of several contexts',
    'courses/physics/apt.txt',
    'course context, extra context, whole context; course extra whole',
  ],
  [
    'a file that one of them leaves out',
    'courses/physics/a.ipynb',
    'course context, whole context; course whole',
  ],
  [
    'a folder whose name begins with a context’s',
    'courses/physics-2',
    'extra context, whole context; extra whole',
  ],
  [
    'a folder that contexts lie in',
    'courses',
    'course context, extra context, whole context; course extra whole',
  ],
  ['the lock', 'matrix.lock', 'base lock; base course'],
  ['the definitions', 'matrix.yaml', 'definition whole context; whole'],
  ['what we write ourselves', '.hubwright/runs/1/events.ndjson', '; '],
])('%s', async (_, file, expected) => {
  expect(await told(file)).toBe(expected);
});

describe('for every file that is there', () => {
  test('it tells what the listings that are hashed hold', async () => {
    await using folder = await matrixFolder(files);
    const family = await readFamily(folder.directory, {}, signal);
    if (!family.ok) throw new Error(JSON.stringify(family.error));
    const { images } = family.value.set;
    const listings = await listContexts(folder.directory, images, signal);
    if (!listings.ok) throw new Error(JSON.stringify(listings.error));
    for (const file of Object.keys(files).filter((each) => each !== 'matrix.lock')) {
      const { readers } = await ifChanged(family.value, file);
      const reading = readers.filter(({ use }) => use === 'context').map(({ image }) => image);
      const holding = images
        .filter(({ name, context }) =>
          listings.value
            .get(name)
            ?.some((entry) => context !== undefined && path.posix.join(context, entry.path) === file),
        )
        .map(({ name }) => name);
      expect(reading, file).toEqual(holding);
    }
  });
});
