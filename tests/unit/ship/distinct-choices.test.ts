/** Choices that offer several versions of one image: which of them follows the release, matrix.yaml says. */
import { expect, test } from 'vitest';
import { editValues, type EditedValues } from '../../../src/ship/values/edit-values.ts';
import { noValuesSettings } from '../../../src/ship/values/match-release.ts';
import { parseValues } from '../../../src/ship/values/values-document.ts';
import { releasedTag, releaseOf } from '../../rig/release.ts';

const registry = 'registry.example.org/jupyter';
const release = releaseOf(registry, ['base', 'lab']);
const released = `${registry}/base:${releasedTag('base')}`;
const pathOf = (choice: string): string =>
  `singleuser.profileList.0.profile_options.image.choices.${choice}.kubespawner_override.image`;

function edit(choices: Readonly<Record<string, string>>, followed: readonly string[] = []): EditedValues {
  const lines = Object.entries(choices).map(
    ([name, image]) => `            ${name}: { kubespawner_override: { image: "${image}" } }\n`,
  );
  const text = `singleuser:
  profileList:
    - display_name: Lab
      profile_options:
        image:
          choices:
${lines.join('')}`;
  const values = parseValues('values.yaml', text);
  if (!values.ok) throw new Error(values.error.map(({ message }) => message).join('\n'));
  const span = { file: 'matrix.yaml', line: 1, column: 1, length: 1, text: '' };
  const images = followed.map((choice) => ({ path: pathOf(choice).split('.'), image: 'base', span }));
  return editValues(values.value, { release, settings: { ...noValuesSettings, images } });
}

test('two versions of one image stay apart, and the file says what to write', () => {
  const { changes, problems, ours } = edit({ now: `${registry}/base:2`, past: `${registry}/base:1` });
  expect(changes).toEqual([]);
  expect(ours).toBe(2);
  expect(problems).toMatchObject([
    { code: 'several-versions', severity: 'error', span: { line: 7 } },
    { code: 'several-versions', severity: 'error', span: { line: 8 } },
  ]);
  expect(problems[1]?.help).toContain(`values: { images: { "${pathOf('past')}": base } }`);
});

test('the one that matrix.yaml names follows the release, the other is a warning', () => {
  const { changes, problems } = edit({ now: `${registry}/base:2`, past: `${registry}/base:1` }, ['now']);
  expect(changes).toMatchObject([{ path: pathOf('now'), to: released }]);
  expect(problems).toMatchObject([{ code: 'several-versions', severity: 'warning', span: { line: 8 } }]);
});

test('that one of them is the release’s already makes them no less apart', () => {
  const { changes, problems } = edit({ now: released, past: `${registry}/base:1` });
  expect(changes).toEqual([]);
  expect(problems.map(({ severity }) => severity)).toEqual(['error', 'error']);
});

test('the same version in several choices, or several images, follow the release', () => {
  const same = edit({ small: `${registry}/base:1`, large: `${registry}/base:1`, other: `${registry}/lab:2` });
  expect(same.problems).toEqual([]);
  expect(same.changes).toHaveLength(3);
});
