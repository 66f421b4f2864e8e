/** `build nightly` on one image: what is equal is thrown away, what moved is published, and a freeze keeps it still. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { NightSummary } from '../../src/nightly/verdicts.ts';
import { startPackageIndex } from '../rig/package-index.ts';
import { startRegistry } from '../rig/registry.ts';
import { digestBehind } from '../rig/registry-snapshot.ts';
import { workspace, type CommandResult } from '../rig/workspace.ts';

test('equal bytes are thrown away, a moved package is published, a freeze keeps all still', async () => {
  await using registry = await startRegistry();
  await using index = await startPackageIndex();
  index.debian.set('curl', '8.14.1-2');
  await using family = await workspace({
    'matrix.yaml': `registry: ${registry.host}
tags: [latest, "1.0"]
freeze: [2026-11-04]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
images:
  "{p}base": { context: base, kind: custom }
`,
    'base/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.apt}\nCMD ["true"]\n`,
  });
  const name = `${family.prefix}base`;
  const night = async (
    ...args: readonly string[]
  ): Promise<CommandResult & { readonly summary: NightSummary }> => {
    const result = await family.build(['nightly', name, '--json', ...args]);
    expect(result.exitCode, result.stderr).toBe(0);
    return { ...result, summary: JSON.parse(result.stdout) as NightSummary }; // our own document
  };
  const lock = (): Promise<string> =>
    readFile(path.join(family.directory, 'matrix.lock'), 'utf8').catch(() => 'none');
  const tags = async (): Promise<readonly string[]> => {
    const answer = await fetch(`http://${registry.host}/v2/${name}/tags/list`);
    return ((await answer.json()) as { tags: string[] }).tags.filter((tag) => /^\d{4}-/.test(tag)); // a registry's list
  };
  const digestAt = async (tag: string): Promise<string | null> => {
    const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
    const answer = await fetch(`http://${registry.host}/v2/${name}/manifests/${tag}`, { headers });
    return answer.headers.get('docker-content-digest');
  };
  const first = await family.build(['images', name, '--changed', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  const version = await digestAt('1.0');

  const quiet = await night('--day', '2026-11-02');
  expect(quiet.summary.images).toEqual([{ name, state: 'same', thrownAway: true }]);
  expect(await lock()).toBe('none');
  expect(await tags()).toEqual([]);

  index.debian.set('curl', '8.15.0-1');
  const foreseen = await night('--day', '2026-11-03', '--dry-run');
  expect(foreseen.summary.images).toMatchObject([{ name, state: 'would-try' }]);
  expect(index.installs.apt).toBe(2);

  const frozen = await night('--day', '2026-11-04');
  expect(frozen.summary).toMatchObject({ frozenUntil: '2026-11-04', images: [] });
  expect(index.installs.apt).toBe(2);

  await family.write(
    'values.yaml',
    `hub:\n  image: { name: ${registry.host}/${name}, tag: latest } # by hand\n`,
  );
  const moved = await night('--day', '2026-11-05', '--summary', 'night.md', '--values', 'values.yaml');
  expect(moved.summary.images).toMatchObject([
    {
      state: 'changed',
      because: ['system packages as of 2026-11-05'],
      difference: { packages: [{ name: 'pkg:deb/curl?arch=amd64', from: '8.14.1-2', to: '8.15.0-1' }] },
    },
  ]);
  expect(await lock()).toContain(`  ${name}: 2026-11-05\n`);
  // Every image of the night has a tag with a day, though matrix.yaml asks for none.
  expect(await tags()).toHaveLength(1);
  expect(await family.read('night.md')).toContain('  | curl (deb) | 8.14.1-2 | 8.15.0-1 |');
  const [image] = moved.summary.images;
  const digest = image?.state === 'changed' ? image.to : undefined;
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await family.read('values.yaml')).toMatch(new RegExp(`@${digest}['"]? } # by hand\n$`));
  // A night is no version: that one stays on what it names.
  expect([await digestAt('latest'), await digestAt('1.0')]).toEqual([digest, version]);
  await family.write('matrix.yaml', (await family.read('matrix.yaml')).replace(', "1.0"', ''));
  const plan = await family.build(['plan', name, '--push']);
  expect(plan.stdout).toContain('Nothing to do');
}, 300_000);

test('what is asked anew of an image (a check, another contract) moves no digest by itself', async () => {
  await using registry = await startRegistry();
  await using index = await startPackageIndex();
  index.debian.set('curl', '8.14.1-2');
  const matrix = (check: string): string => `registry: ${registry.host}
tags: [latest]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
images:
  "{p}base": { context: base, kind: custom${check} }
`;
  await using family = await workspace({
    'matrix.yaml': matrix(''),
    'base/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.apt}\nCMD ["true"]\n`,
  });
  const name = `${family.prefix}base`;
  const first = await family.build(['images', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  const before = await digestBehind(registry.host, name, 'latest');

  const night = async (day: string): Promise<CommandResult & { readonly images: NightSummary['images'] }> => {
    const result = await family.build(['nightly', '--day', day, '--json']);
    return { ...result, images: (JSON.parse(result.stdout) as NightSummary).images }; // our own document
  };
  await family.write('matrix.yaml', matrix(', check: "[ -e /usr/share/curl/version ]"'));
  const asked = await night('2026-11-02');
  expect(asked, asked.stderr).toMatchObject({ exitCode: 0, images: [{ state: 'same', thrownAway: true }] });
  expect(await digestBehind(registry.host, name, 'latest')).toBe(before);
  expect((await family.build(['plan', '--push'])).stdout).toContain('Nothing to do');

  await family.write('matrix.yaml', matrix(', check: "[ ! -e /usr/share/curl/version ]"'));
  const refused = await night('2026-11-03');
  expect(refused, refused.stderr).toMatchObject({ exitCode: 1, images: [{ state: 'held-back' }] });
  expect(await digestBehind(registry.host, name, 'latest')).toBe(before);
}, 300_000);
