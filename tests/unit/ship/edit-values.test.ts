import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { editValues, type EditedValues } from '../../../src/ship/values/edit-values.ts';
import { findImagePlaces } from '../../../src/ship/values/image-places.ts';
import { releaseOf, releasedTag } from '../../rig/release.ts';

const registry = 'registry.example.org/jupyter';
const release = releaseOf(registry, ['hub', 'base', 'db', 'proxy', 'course-physics', 'course-physics-lab']);

function edit(text: string, naming = release): EditedValues {
  const edited = editValues('values.yaml', text, naming);
  if (!edited.ok) throw new Error(edited.error.map(({ message }) => message).join('\n'));
  return edited.value;
}

describe('values are brought up to the release', () => {
  test('at the top and under the keys of charts around it; names move with their tags', () => {
    const text = `
jupyterhub:
  hub:
    image: {name: old.example.org/hub, tag: "1.0"}   # the hub
  singleuser:
    image:
      name: ${registry}/base
      tag: '1.0'
    extraContainers:
      - name: database
        image: ${registry}/db:1.0
    profileList:
      - display_name: Physics
        kubespawner_override: { image: "${registry}/course-physics:latest" }
        profile_options:
          image:
            display_name: Image
            choices:
              lab: { kubespawner_override: { image: ${registry}/course-physics-lab } }
            unlisted_choice: { kubespawner_override: { image: '{value}' } }
  prePuller:
    extraImages:
      one: { name: ${registry}/base, tag: 2 }
`;
    const { text: edited, changes, ours } = edit(text);
    expect(edited).toBe(`
jupyterhub:
  hub:
    image: {name: ${registry}/hub, tag: "${releasedTag('hub')}"}   # the hub
  singleuser:
    image:
      name: ${registry}/base
      tag: '${releasedTag('base')}'
    extraContainers:
      - name: database
        image: ${registry}/db:${releasedTag('db')}
    profileList:
      - display_name: Physics
        kubespawner_override: { image: "${registry}/course-physics:${releasedTag('course-physics')}" }
        profile_options:
          image:
            display_name: Image
            choices:
              lab: { kubespawner_override: { image: ${registry}/course-physics-lab:${releasedTag('course-physics-lab')} } }
            unlisted_choice: { kubespawner_override: { image: '{value}' } }
  prePuller:
    extraImages:
      one: { name: ${registry}/base, tag: ${releasedTag('base')} }
`);
    expect(ours).toBe(6);
    expect(changes.map(({ path: at }) => at)).toEqual([
      'jupyterhub.hub.image',
      'jupyterhub.hub.image',
      'jupyterhub.singleuser.image',
      'jupyterhub.singleuser.extraContainers.0.image',
      'jupyterhub.singleuser.profileList.0.kubespawner_override.image',
      'jupyterhub.singleuser.profileList.0.profile_options.image.choices.lab.kubespawner_override.image',
      'jupyterhub.prePuller.extraImages.one',
    ]);
    expect(edit(edited)).toMatchObject({ text: edited, changes: [], ours: 6 });
  });

  test('what is not ours stays: other names, other charts, templates', () => {
    const text = `
hub: { image: { name: quay.io/jupyterhub/k8s-hub, tag: "4.0" } }
singleuser: { image: { name: quay.io/jupyter/scipy-notebook, tag: x } }
grafana: { image: docker.io/other/base:9 }
env: { image: "{{ .Values.x }}" }
`;
    expect(edit(text)).toMatchObject({ text, changes: [], ours: 0, unknown: [] });
  });

  test('an anchor is changed where it stands, once, and its aliases stay aliases', () => {
    const text = `
x: &image { name: ${registry}/base, tag: &tag "1" }
singleuser:
  image: *image
  profileList:
    - kubespawner_override: { image: *other }
y: &other ${registry}/db:1
`.replace(/^([^]*)(y: .*\n)$/, '$2$1');
    const { text: edited, changes } = edit(text);
    expect(edited).toBe(
      text
        .replace('tag: &tag "1"', `tag: &tag "${releasedTag('base')}"`)
        .replace(`${registry}/db:1`, `${registry}/db:${releasedTag('db')}`),
    );
    expect(changes).toHaveLength(2);
  });

  test('line ends, trailing spaces, a byte order mark and further documents are kept', () => {
    const text = `\uFEFFhub:  \r\n  image: ${registry}/hub:1  # pinned \r\n\r\n---\r\nsingleuser:\r\n  image: "${registry}/base"\r\n...\r\n`;
    expect(edit(text).text).toBe(
      text.replace('hub:1 ', `hub:${releasedTag('hub')} `).replace('/base"', `/base:${releasedTag('base')}"`),
    );
  });

  test('in one repository for all, the tag says which image it is, the longest name first', () => {
    const single = releaseOf(registry, ['course-physics', 'course-physics-lab'], 'single-repository');
    const text = `singleuser: { image: { name: ${registry}, tag: course-physics-lab-1.2 } }\n`;
    expect(edit(text, single).text).toContain(
      `tag: course-physics-lab-${releasedTag('course-physics-lab')} }`,
    );
  });
});

function diagnostics(text: string): readonly unknown[] {
  const edited = editValues('values.yaml', text, release);
  return edited.ok ? edited.value.unknown : edited.error;
}

describe('what cannot be changed is told', () => {
  test('a name without a tag', () => {
    expect(diagnostics(`singleuser:\n  image:\n    name: ${registry}/base\n`)).toMatchObject([
      {
        code: 'no-tag',
        span: { line: 3, column: 11 },
        help: `write it below: \`tag: "${releasedTag('base')}"\``,
      },
    ]);
  });

  test('an image of our registry that was never released', () => {
    expect(diagnostics(`singleuser: { image: "${registry}/chemistry:1" }\n`)).toMatchObject([
      { code: 'not-released', message: `the release has no image \`${registry}/chemistry\`` },
    ]);
  });

  test('tabs, and equal keys', () => {
    expect(diagnostics('hub:\n\timage: x\n')).toMatchObject([
      { code: 'invalid-yaml', message: 'YAML is indented by spaces, not by tabs', span: { line: 2 } },
    ]);
    expect(diagnostics('hub: 1\nhub: 2\n')).toMatchObject([
      { code: 'duplicate-key', message: 'the key `hub` stands here twice', span: { line: 2, column: 1 } },
    ]);
  });
});

const folder = process.env['HUBWRIGHT_VALUES_FOLDER'];
const files =
  folder === undefined
    ? []
    : readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .toSorted();

/** Values of hubs that really run; CI says where they lie. Each image in them is given a release. */
test.each(files)('of %s only image scalars change', (name) => {
  const text = readFileSync(path.join(folder ?? '', name), 'utf8');
  const places = findImagePlaces(name, text);
  if (!places.ok) throw new Error(places.error.map(({ message }) => message).join('\n'));
  const repositories = places.value.flatMap((place) => {
    const [reference = ''] = (place.form === 'string' ? place.reference.value : place.name.value).split('@');
    return /^[a-z0-9./-]+(?::[\w.-]+)?$/.test(reference) ? [reference.replace(/:[^/]*$/, '')] : [];
  });
  const names = [...new Set(repositories.map((each) => each.slice(each.lastIndexOf('/') + 1)))];
  const { text: edited, changes } = edit(text, releaseOf('new.example.org/family', names));
  const spans = new Map(changes.map(({ span, from }) => [span.line, from]));
  const before = text.split('\n');
  const after = edited.split('\n');
  expect(after).toHaveLength(before.length);
  for (const [index, line] of before.entries()) {
    const from = spans.get(index + 1);
    if (from === undefined) expect(after[index]).toBe(line);
    else expect(after[index]?.startsWith(line.slice(0, line.indexOf(from)))).toBe(true);
  }
  expect(edit(edited, releaseOf('new.example.org/family', names)).changes).toEqual([]);
});
