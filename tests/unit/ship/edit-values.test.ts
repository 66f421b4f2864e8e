import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseReference } from '../../../registry/reference.ts';
import { editValues, type EditedValues } from '../../../src/ship/values/edit-values.ts';
import { noValuesSettings } from '../../../src/ship/values/match-release.ts';
import { parseValues, type ValuesDocuments } from '../../../src/ship/values/values-document.ts';
import { findImagePlaces } from '../../../src/ship/values/image-places.ts';
import { releaseOf, releasedTag } from '../../rig/release.ts';
import { changedScalars, imageTexts, isRefused, releaseOfPlaces } from '../../rig/values.ts';

const registry = 'registry.example.org/jupyter';
const release = releaseOf(registry, ['hub', 'base', 'db', 'proxy', 'course-physics', 'course-physics-lab']);

function parsed(text: string, name = 'values.yaml'): ValuesDocuments {
  const values = parseValues(name, text);
  if (!values.ok) throw new Error(values.error.map(({ message }) => message).join('\n'));
  return values.value;
}

function edit(text: string, of = release, settings = noValuesSettings): EditedValues {
  return editValues(parsed(text), { release: of, settings });
}

describe('values are brought up to the release', () => {
  test('what users start under an address that is not the release’s is told, and left alone', () => {
    const text = `
hub:
  image: { name: old.example.org/kit/proxy, tag: "1" }
singleuser:
  image: { name: old.example.org/kit/base, tag: "1" }
  extraContainers:
    - { name: cache, image: "docker.io/library/redis:7" }
`;
    const { changes, problems } = edit(text);
    expect(changes).toEqual([]);
    expect(problems).toMatchObject([
      {
        severity: 'warning',
        code: 'published-elsewhere',
        message: `\`old.example.org/kit/base\` is left alone: the release’s \`base\` is published in \`${registry}\``,
        help: 'where it is the family’s old address: `values: { formerly: [old.example.org/kit] }` in matrix.yaml',
        span: { line: 5 },
      },
    ]);
    const former = { ...noValuesSettings, formerly: ['old.example.org/kit'] };
    expect(edit(text, release, former).problems).toEqual([]);
  });

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
    const former = { ...noValuesSettings, formerly: ['old.example.org'] };
    const { text: edited, changes, ours } = edit(text, release, former);
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
    expect(edit(text)).toMatchObject({ text, changes: [], ours: 0 });
    expect(edit(text).problems).toMatchObject([
      { severity: 'warning', code: 'filled-in', span: { line: 5 } },
    ]);
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
  const values = parseValues('values.yaml', text);
  return values.ok ? editValues(values.value, { release }).problems : values.error;
}

describe('odd ways of writing it', () => {
  const wanted = releasedTag('base');

  test.each([
    ['an empty tag', `image: { name: ${registry}/base, tag: "" }`, `tag: "${wanted}" }`],
    ['no tag yet', `image:\n  tag:   # later\n  name: ${registry}/base`, `\n  tag: ${wanted}   # later\n`],
    ['a null', `image:\n  name: ${registry}/base\n  tag: ~`, `\n  tag: ${wanted}`],
    ['a block of one line', `image: >-\n  ${registry}/base:1\n`, `image: >-\n  ${registry}/base:${wanted}\n`],
    ['an explicit type', `image: { name: ${registry}/base, tag: !!str 1.0 }`, `tag: !!str ${wanted} }`],
    ['JSON', `{"image": {"name": "${registry}/base", "tag": "1"}}`, `"tag": "${wanted}"}}`],
    [
      'a digest apart',
      `image: { repository: ${registry}/base, tag: "1", digest: "sha256:0" }`,
      `tag: "${wanted.split('@')[0]}", digest: "${wanted.split('@')[1]}" }`,
    ],
  ])('%s', (_, text, expected) => {
    const { text: edited, problems } = edit(text);
    expect(problems).toEqual([]);
    expect(edited).toContain(expected);
    expect(edit(edited).changes).toEqual([]);
  });

  test('a repository is spelled as the user spells it', () => {
    const onHub = releaseOf('docker.io/course', ['base']);
    const text = 'a: { image: docker.io/course/base:1 }\nb: { image: "course/base:1" }\n';
    expect(edit(text, onHub).text).toBe(
      `a: { image: docker.io/course/base:${wanted} }\nb: { image: "course/base:${wanted}" }\n`,
    );
  });
});

describe('anchors that several places share', () => {
  test('a tag that stands apart is changed there when all that follow it want the same', () => {
    const text = `x-tag: &tag "1"\na: { image: { name: ${registry}/base, tag: *tag } }\nb: { image: { name: ${registry}/base, tag: *tag } }\n`;
    expect(edit(text).text).toBe(text.replace('"1"', `"${releasedTag('base')}"`));
  });

  test('where two images follow it, each gets a value of its own', () => {
    const text = `x-tag: &tag "1"\na: { image: { name: ${registry}/base, tag: *tag } }\nb: { image: { name: ${registry}/hub, tag: *tag } }\n`;
    expect(edit(text).text).toBe(
      text
        .replace('base, tag: *tag', `base, tag: ${releasedTag('base')}`)
        .replace('hub, tag: *tag', `hub, tag: ${releasedTag('hub')}`),
    );
  });

  test('what is no image and follows it keeps its value', () => {
    const text = `x-tag: &tag "1"\na: { image: { name: ${registry}/base, tag: *tag } }\nversion: *tag\n`;
    expect(edit(text).text).toBe(text.replace('base, tag: *tag', `base, tag: ${releasedTag('base')}`));
  });

  test("an image's own tag is changed where it stands, and another image leaves it", () => {
    const text = `a: { image: { name: ${registry}/base, tag: &tag "1" } }\nb: { image: { name: ${registry}/hub, tag: *tag } }\n`;
    expect(edit(text).text).toBe(
      text.replace('"1"', `"${releasedTag('base')}"`).replace('*tag', releasedTag('hub')),
    );
  });

  test('a merged tag that something else merges in too is told, and left', () => {
    const text = `x: &x { tag: "1" }\na: { image: { <<: *x, name: ${registry}/base } }\n`;
    const foreign = `${text}b: { image: { <<: *x, name: docker.io/other/base } }\n`;
    expect(edit(foreign)).toMatchObject({
      text: foreign,
      changes: [],
      problems: [
        {
          code: 'shared-value',
          span: { line: 1, column: 14 },
          help: `give \`a.image\` a value of its own: \`${releasedTag('base')}\``,
        },
      ],
    });
    expect(edit(`${text}version: { <<: *x }\n`).changes).toEqual([]);
    const apart = `${text}b: { image: { <<: *x, name: docker.io/other/base, tag: "2" } }\n`;
    expect(edit(apart).text).toBe(apart.replace('"1"', `"${releasedTag('base')}"`));
  });

  test('where the tag has to stay, a name of earlier days stays with it', () => {
    const text = `x: &x { tag: "1" }\na: { image: { <<: *x, name: old.example.org/base } }\nversion: { <<: *x }\n`;
    const former = { ...noValuesSettings, formerly: ['old.example.org'] };
    expect(edit(text, release, former)).toMatchObject({ text, problems: [{ code: 'shared-value' }] });
  });

  test('two maps that merge one tag and want two are told', () => {
    const text = `x: &x { tag: "1" }\na: { image: { <<: *x, name: ${registry}/base } }\nb: { image: { <<: *x, name: ${registry}/hub } }\n`;
    expect(edit(text)).toMatchObject({
      text,
      problems: [{ code: 'shared-value', message: '`base` and `hub` share this value, and want two' }],
    });
  });
});

describe('what matrix.yaml says of values', () => {
  const at = { file: 'matrix.yaml', line: 1, column: 1, length: 1, text: '' };
  const rule = (keys: string, image: string): (typeof noValuesSettings)['images'][number] => ({
    path: keys.split('.'),
    image,
    span: at,
  });

  test('an image goes where it is said to go, whatever stands there, also by the names of list items', () => {
    const text = `
jupyterhub:
  singleuser:
    image: { name: quay.io/jupyter/scipy, tag: x }
    extraContainers: [{ name: database, image: postgres }]
    profileList:
      - display_name: Physics, 1st term
        kubespawner_override: { image: other:1 }
`;
    const settings = {
      ...noValuesSettings,
      images: [
        rule('singleuser.image', 'base'),
        rule('singleuser.extraContainers.database.image', 'db'),
        rule('singleuser.profileList.*.kubespawner_override.image', 'course-physics'),
        rule('hub.image', 'hub'),
      ],
    };
    const { text: edited, followed } = edit(text, release, settings);
    expect(edited).toBe(
      text
        .replace('quay.io/jupyter/scipy, tag: x', `${registry}/base, tag: ${releasedTag('base')}`)
        .replace('postgres', `${registry}/db:${releasedTag('db')}`)
        .replace('other:1', `${registry}/course-physics:${releasedTag('course-physics')}`),
    );
    expect([...followed]).toEqual([0, 1, 2]);
  });

  test('without it, an image of the same name in another registry is somebody else’s', () => {
    const text = 'hub: { image: { name: old.example.org/hub, tag: "1" } }\n';
    expect(edit(text)).toMatchObject({ ours: 0, text });
    const former = { ...noValuesSettings, formerly: ['old.example.org'] };
    expect(edit(text, release, former).text).toContain(`name: ${registry}/hub, tag: "${releasedTag('hub')}"`);
  });

  test('the Secret is named where one is named, and asked for where none is', () => {
    const settings = { ...noValuesSettings, pullSecret: 'login' };
    const image = `hub: { image: { name: ${registry}/hub, tag: "${releasedTag('hub')}" } }\n`;
    expect(edit(`imagePullSecrets: [name: old]\n${image}`, release, settings).text).toContain(
      '[name: login]',
    );
    expect(edit(`imagePullSecrets: [ login ]\n${image}`, release, settings).changes).toEqual([]);
    expect(edit(image, release, settings).problems).toMatchObject([{ code: 'no-pull-secret' }]);
    expect(edit('hub: {}\n', release, settings).problems).toEqual([]);
  });

  test('the Secret may be named at an image, or made by the chart', () => {
    const settings = { ...noValuesSettings, pullSecret: 'login' };
    const image = (name: string, more = ''): string =>
      `image: { name: ${registry}/${name}, tag: "${releasedTag(name)}"${more} }`;
    const own = ', pullSecrets: [login]';
    expect(edit(`hub: { ${image('hub', own)} }\n`, release, settings).problems).toEqual([]);
    const profile = `profileList: [{ kubespawner_override: { image: "${registry}/db:${releasedTag('db')}" } }]`;
    const users = `singleuser: { ${image('base', own)}, ${profile} }\n`;
    expect(edit(users, release, settings).problems).toEqual([]);
    expect(edit(`${users}hub: { ${image('hub')} }\n`, release, settings).problems).toMatchObject([
      { code: 'no-pull-secret', span: { line: 2 } },
    ]);
    const made = { ...noValuesSettings, pullSecret: 'image-pull-secret' };
    const chart = `imagePullSecret: { create: true }\nhub: { ${image('hub')} }\n`;
    expect(edit(chart, release, made).problems).toEqual([]);
    expect(edit(`fullnameOverride: x\n${chart}`, release, made).problems).toHaveLength(1);
    const unnamed = chart.replace('true', 'true, automaticReferenceInjection: false');
    expect(edit(unnamed, release, made).problems).toHaveLength(1);
  });
});

test('a name and its tag may stand in two files of one deployment', () => {
  const common = parsed(`jupyterhub: { singleuser: { image: { name: ${registry}/base } } }\n`, 'common.yaml');
  const staging = parsed('jupyterhub:\n  singleuser:\n    image:\n      tag: "1"\n', 'staging.yaml');
  expect(editValues(common, { release, companions: [staging] }).problems).toEqual([]);
  expect(editValues(staging, { release, companions: [common] }).text).toContain(
    `tag: "${releasedTag('base')}"`,
  );
  expect(editValues(staging, { release })).toMatchObject({
    ours: 0,
    problems: [{ code: 'no-name', severity: 'warning', span: { line: 4, column: 12 } }],
  });
  const brought = parsed('kube-lego: { image: { tag: 0.1.7 } }\n');
  expect(editValues(brought, { release }).problems).toEqual([]);
});

describe('what cannot be changed is told', () => {
  test('a name without a tag', () => {
    expect(diagnostics(`singleuser:\n  image:\n    name: ${registry}/base\n`)).toMatchObject([
      {
        code: 'no-tag',
        span: { line: 3, column: 11 },
        help: `write it below: \`tag: "${releasedTag('base')}"\`; where another file has it, name that too`,
      },
    ]);
  });

  test('an image of our registry that was never released', () => {
    expect(diagnostics(`singleuser: { image: "${registry}/chemistry:1" }\n`)).toMatchObject([
      { code: 'not-released', message: `the release has no image \`${registry}/chemistry\`` },
    ]);
  });

  test('a stale image in a file that sops has sealed', () => {
    const sealed = (more: string): string =>
      `hub:\n  image: ${registry}/hub:1\n  password: ENC[AES256_GCM,data:x,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:y,type:str]\n${more}`;
    expect(edit(sealed(''))).toMatchObject({
      text: sealed(''),
      changes: [],
      problems: [
        {
          code: 'sealed-file',
          span: { line: 2, column: 10 },
          help: `set it with \`sops edit values.yaml\`: \`${registry}/hub:${releasedTag('hub')}\``,
        },
      ],
    });
    expect(edit(sealed('').replace('hub:1', `hub:${releasedTag('hub')}`)).problems).toEqual([]);
    expect(edit(sealed('  mac_only_encrypted: true\n')).changes).toHaveLength(1);
  });

  test('tabs, and equal keys', () => {
    expect(diagnostics('hub:\n\timage: x\n')).toMatchObject([
      { code: 'invalid-yaml', message: 'YAML is indented by spaces, not by tabs', span: { line: 2 } },
    ]);
    expect(diagnostics(`a: ${'['.repeat(600)}`)).toMatchObject([
      { message: '`values.yaml` is nested too deeply' },
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
  const values = parseValues(name, text);
  if (!values.ok) {
    // Some that lie about are templates, or broken: then YAML itself has to say so, and we where.
    expect(isRefused(text), values.error[0]?.message).toBe(true);
    expect(values.error.map(({ span }) => span?.file)).not.toContain(undefined);
    return;
  }
  const wanted = releaseOfPlaces(findImagePlaces(values.value).places);
  const { text: edited, changes, problems } = editValues(values.value, { release: wanted });
  // Through an anchor one scalar may be meant in several places.
  expect(changedScalars(text, edited).length).toBeGreaterThanOrEqual(changes.length);
  const told = problems.map(({ message, help = '' }) => `${message} ${help}`).join('\n');
  const silent = imageTexts(edited).filter((each) => {
    const parsedText = parseReference(each);
    return (
      parsedText.kind === 'reference' &&
      parsedText.digest === undefined &&
      !told.includes(each.split(':')[0] ?? '')
    );
  });
  expect(silent).toEqual([]);
  expect(editValues(parsed(edited, name), { release: wanted }).changes).toEqual([]);
});
