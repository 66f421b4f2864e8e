/** Packages that a lock pins and no index has, installed by the real pip and the real uv on a real engine. */
import { expect, test, vi } from 'vitest';
import type { ImageFailure, RunEvent } from '../../src/core/event.ts';
import { coldFamilyMs, realImages } from '../rig/family.ts';
import { familyCopy } from '../rig/family-copy.ts';

vi.setConfig({ testTimeout: coldFamilyMs });

const pin = (version: string): string => `humanize==${version} \\\n    --hash=sha256:${'0'.repeat(64)}\n`;

function failureOf(events: readonly RunEvent[], image: string): ImageFailure | undefined {
  for (const event of events) {
    if (event.kind === 'image-finished' && event.image === image && event.outcome.kind === 'failed')
      return event.outcome.failure;
  }
  return undefined;
}

test('a lock whose package is gone is called stale, with the command that moves it', async () => {
  await realImages(['base']);
  await using family = await familyCopy();
  const matrix = await family.read('matrix.yaml');
  await family.write(
    'matrix.yaml',
    matrix.replace('images:\n', 'images:\n  old: { context: old, kind: custom }\n'),
  );
  await family.write('old/requirements.lock', pin('1.0.0'));
  await family.write(
    'old/Dockerfile',
    `FROM installer
COPY requirements.lock /lock/
RUN pip install --break-system-packages --no-index --find-links /lock --require-hashes -r /lock/requirements.lock
`,
  );
  const course = 'course-first-steps-student';
  await family.write('courses/first-steps/requirements.lock', pin('999.0.0'));

  const run = await family.images(['old', course, '--changed']);
  expect(run.exitCode, run.stderr).toBe(1);
  expect(failureOf(run.events, 'old')).toMatchObject({
    message:
      'lock is stale: `humanize==1.0.0` of old/requirements.lock is not in the package index any more (old/Dockerfile:3); run `build lock --update old`',
    blame: 'image',
    diagnostic: { code: 'stale-lock', span: { file: 'old/Dockerfile', line: 3 } },
  });
  expect(failureOf(run.events, course)?.message).toMatch(
    new RegExp(
      `^lock is stale: \`humanize==999.0.0\` of courses/first-steps/requirements.lock is not in the package index any more .*; run \`build lock --update ${course}\`$`,
    ),
  );
});
