/** Ways of writing an image that are easily passed over: each is edited, or told with its line. */
import { describe, expect, test } from 'vitest';
import { editValues, type EditedValues } from '../../../src/ship/values/edit-values.ts';
import { noValuesSettings } from '../../../src/ship/values/match-release.ts';
import { parseValues } from '../../../src/ship/values/values-document.ts';
import { releasedTag, releaseOf } from '../../rig/release.ts';
import { changedScalars } from '../../rig/values.ts';

const registry = 'registry.example.org/jupyter';
const release = releaseOf(registry, ['base', 'hub', 'db']);
const wanted = releasedTag('base');

function edit(text: string, of = release, settings = noValuesSettings): EditedValues {
  const values = parseValues('values.yaml', text);
  if (!values.ok) throw new Error(values.error.map(({ message }) => message).join('\n'));
  return editValues(values.value, { release: of, settings });
}

/** Edited without a word, so that nothing else changes and a second time nothing does. */
function expectEdited(text: string, expected: string): void {
  const { text: edited, problems } = edit(text);
  expect(problems).toEqual([]);
  expect(edited).toBe(expected);
  expect(changedScalars(text, edited).length).toBeGreaterThan(0);
  expect(edit(edited)).toMatchObject({ changes: [], problems: [], text: edited });
}

/** `problems` as `line code`. */
function told(text: string, of = release, settings = noValuesSettings): readonly string[] {
  return edit(text, of, settings).problems.map(
    ({ severity, code, span }) => `${span?.line} ${severity === 'warning' ? 'warning ' : ''}${code}`,
  );
}

describe('what is edited', () => {
  test('a registry apart from the repository', () => {
    const text = `image:\n  registry: registry.example.org\n  repository: jupyter/base\n  tag: "1"\n`;
    expectEdited(text, text.replace('"1"', `"${wanted}"`));
    const deep = `image: { registry: ${registry}, repository: base, tag: "1", digest: "" }\n`;
    expect(edit(deep).text).toContain(`repository: base, tag: "${wanted}"`);
    const hosted = `image: { registry: mirror.example.org, repository: ${registry}/base, tag: "1" }\n`;
    expectEdited(hosted, hosted.replace('"1"', `"${wanted}"`));
  });

  test('a registry of earlier days, apart', () => {
    const text = 'image: { registry: old.example.org, repository: course/base, tag: "1" }\n';
    const settings = { ...noValuesSettings, formerly: ['old.example.org/course'] };
    expect(edit(text, release, settings).text).toBe(
      `image: { registry: registry.example.org, repository: jupyter/base, tag: "${wanted}" }\n`,
    );
  });

  test('double quotes over two lines', () => {
    const text = `image: "${registry}/\\\n    base:1"  # long\nb: 1\n`;
    expectEdited(text, text.replace('base:1', `base:${wanted}`));
  });

  test('a type that no tag has any more', () => {
    const text = `image: { name: ${registry}/base, tag: !!float 1.0 }\n`;
    expectEdited(text, text.replace('!!float 1.0', `!!str ${wanted}`));
    const anchored = `image: { name: ${registry}/base, tag: !!int &t 1 }\nother: { image: { name: ${registry}/base, tag: *t } }\n`;
    expectEdited(anchored, anchored.replace('!!int &t 1', `!!str &t ${wanted}`));
  });

  test.each(['tag: &t', 'tag: !!str', 'tag: &t !!str  # none yet'])('nothing yet: `%s`', (line) => {
    const text = `image:\n  name: ${registry}/base\n  ${line}\nb: 1\n`;
    const { text: edited, problems } = edit(text);
    expect(problems).toEqual([]);
    expect(edited).toBe(text.replace(/(tag:(?: [&!]\S+)+)/, `$1 ${wanted}`));
    expect(edit(edited)).toMatchObject({ changes: [], problems: [] });
  });

  test('a name that holds its tag', () => {
    const text = `image: { repository: "${registry}/base:1", pullPolicy: Always }\n`;
    expectEdited(text, text.replace('base:1', `base:${wanted}`));
  });

  test('what KubeSpawner called `image` before', () => {
    const text = `profileList:\n  - kubespawner_override: { image_spec: '${registry}/base:1' }\n`;
    expectEdited(text, text.replace('base:1', `base:${wanted}`));
  });

  test('one override that many profiles merge in', () => {
    const text = `x: &x { image: ${registry}/base:1, cpu: 1 }\nprofileList:\n${'  - kubespawner_override: { <<: *x }\n'.repeat(3)}`;
    expectEdited(text, text.replace('base:1', `base:${wanted}`));
  });

  test.each([
    ['in a dictionary of profiles', `profileList:\n  one:\n    kubespawner_override:\n      image: IMAGE\n`],
    ['of init containers', `singleuser:\n  initContainers:\n    - { name: copy, image: IMAGE }\n`],
    ['of containers that the hub adds', `hub:\n  extraContainers: [{ name: x, image: IMAGE }]\n`],
    ['of a chart beside', `custom:\n  sidecars:\n    dask:\n      worker:\n        image: IMAGE\n`],
    ['in KubeSpawner’s own configuration', `hub:\n  config:\n    KubeSpawner:\n      image: "IMAGE"\n`],
    ['in the second document', `a: 1\n---\nsingleuser:\n  image: IMAGE\n`],
    ['of a release that Flux makes', `spec:\n  values:\n    jupyterhub:\n      hub: { image: 'IMAGE' }\n`],
  ])('%s', (_, text) => {
    const [old, now] = [`${registry}/base:1`, `${registry}/base:${wanted}`];
    expectEdited(text.replace('IMAGE', old), text.replace('IMAGE', now));
  });
});

describe('an anchor that is read where no image is', () => {
  test.each([
    [
      'by an alias',
      `singleuser:\n  image: { name: ${registry}/base, tag: &t "1" }\n  extraEnv: { VERSION: *t }\n`,
    ],
    ['by a map of its own', `image: &i { name: ${registry}/base, tag: "1" }\ncustom: { about: *i }\n`],
    ['by a merge', `image: &i { name: ${registry}/base, tag: "1" }\ncustom: { <<: *i, more: 1 }\n`],
    [
      'by another’s image',
      `image: { name: ${registry}/base, tag: &t "1" }\nb: { image: { name: other/base, tag: *t } }\n`,
    ],
  ])('%s is told, and left', (_, text) => {
    const { problems, text: edited } = edit(text);
    expect(edited).toBe(text);
    expect(problems).toMatchObject([
      { code: 'shared-value', severity: 'error', notes: [{ span: { file: 'values.yaml' } }] },
    ]);
  });

  test.each([
    [
      'of a definition',
      `x: &x { name: ${registry}/base, tag: "1" }\nsingleuser: { image: { <<: *x } }\ncustom: { about: *x }\n`,
    ],
    [
      'through an alias in a map',
      `x-tag: &t "1"\nx: &x { name: ${registry}/base, tag: *t }\na: { image: *x }\nabout: { b: *x, c: *t }\n`,
    ],
    [
      'by two images through one alias',
      `a: { image: { name: ${registry}/base, tag: &t "1" } }\nb: { image: &m { name: ${registry}/base, tag: *t } }\nc: { image: { <<: *m, name: ${registry}/hub } }\n`,
    ],
  ])('%s it is told, and left', (_, text) => {
    expect(edit(text)).toMatchObject({ text, problems: [{ code: 'shared-value', severity: 'error' }] });
  });

  test.each([
    ['another’s image', `a: { image: { name: other/base, tag: &t "1" } }\n`],
    ['a variable', `a: { extraEnv: { TAG: &t "1" } }\n`],
  ])('where the anchor is %s, the image gets a value of its own', (_, text) => {
    const image = (tag: string): string => `${text}b: { image: { name: ${registry}/base, tag: ${tag} } }\n`;
    expect(edit(image('*t'))).toMatchObject({ text: image(wanted), problems: [] });
  });

  test.each(['x-tags: [&t "1"]', 'custom: { tags: { base: &t "1" } }', '.tag: &t "1"', 'tag: &t "1"'])(
    'on a shelf it is changed where it stands: `%s`',
    (shelf) => {
      const text = `${shelf}\nb: { image: { name: ${registry}/base, tag: *t } }\n`;
      expect(edit(text)).toMatchObject({ text: text.replace('"1"', `"${wanted}"`), problems: [] });
    },
  );

  test('a name that stays what it is may be read anywhere', () => {
    const text = `image: { name: &n ${registry}/base, tag: "1" }\nextraEnv: { NAME: *n }\n`;
    expect(edit(text).text).toBe(text.replace('"1"', `"${wanted}"`));
  });

  test('a list of choices that several profiles share is edited at its anchor', () => {
    const text = `profileList:\n  - profile_options: &o { image: { choices: { a: { kubespawner_override: { image: ${registry}/base:1 } } } } }\n  - profile_options: *o\n`;
    expectEdited(text, text.replace('base:1', `base:${wanted}`));
  });
});

describe('what is not edited is told', () => {
  const script = `hub:\n  extraConfig:\n    one: |\n      # c.KubeSpawner.image = "${registry}/base:0"\n      c.KubeSpawner.image = "${registry}/base:1"\n`;

  test('in the hub’s own configuration, by its line; a remark there is none', () => {
    expect(told(script)).toEqual(['5 not-edited']);
    const [problem] = edit(script).problems;
    expect(problem?.message).toContain(`\`${registry}/base:1\` is not the release's`);
    expect(problem?.help).toContain(`\`${registry}/base:${wanted}\``);
    expect(told(`${script}      x = "#"  # was ${registry}/base:0\n`)).toEqual(['5 not-edited']);
    expect(told(`${script}      x = "a # b" + '${registry}/base:0'\n`)).toEqual([
      '5 not-edited',
      '6 not-edited',
    ]);
    expect(told(script.replace('base:1', `base:${wanted}`))).toEqual([]);
    expect(told(script.replace('base:1', `base:${wanted.split('@')[0]}`))).toEqual([]);
  });

  test.each([
    ['a tag of the environment', `image: ${registry}/base:\${TAG}`, ['1 filled-in']],
    ['a tag of a template', `image: "${registry}/base:{{ .Values.tag }}"`, ['1 filled-in']],
    ['a pair’s tag', `image: { name: ${registry}/base, tag: "\${TAG}" }`, ['1 filled-in']],
    ['a tag of one’s own type', `image: { name: ${registry}/base, tag: !env TAG }`, ['1 filled-in']],
    ['Python', `a: 'f"${registry}/base:{version}"'`, ['1 filled-in']],
    ['a tag that is none', `image: ${registry}/base:1+2`, ['1 not-edited']],
    ['all of a reference', 'image: "${IMAGE}"\nb: { image: "{value}" }', ['1 warning filled-in']],
    [
      '… without quotes',
      'image: {{ .image }}\nb: { image: { name: {{ name }}, tag: {{ tag }} } }\nc: {{ c }}',
      ['1 warning filled-in', '2 warning filled-in'],
    ],
    ['a name', 'image: { name: "{{ .name }}", tag: 1 }', ['1 warning filled-in']],
    [
      'YAML in a text',
      `helm: |\n  a:\n    image:\n      tag: "1"\n\n      tag: "1"\n      # it\n      name: "${registry}/base"\n      b: 1`,
      ['8 not-edited'],
    ],
    ['… which is right', `helm: |\n  name: ${registry}/base\n  tag: ${wanted}\n`, []],
    ['… with another’s tag', `helm: |\n  name: ${registry}/base\nb:\n  tag: 1`, ['2 warning not-edited']],
    ['a variable', `extraEnv: { IMAGE: "${registry}/base:1" }`, ['1 not-edited']],
    ['a key of another chart', `workerImage: { name: ${registry}/base, tag: "1" }`, ['1 not-edited']],
    ['… which is right', `workerImage: { name: ${registry}/base, tag: "${wanted}" }`, []],
    [
      'another chart’s list',
      `images: [${registry}/base:1, ${registry}/hub:1]`,
      ['1 not-edited', '1 not-edited'],
    ],
    ['JSON in a string', `a: '{"image": "${registry}/base:1"}'`, ['1 not-edited']],
    ['escapes', `a: "x\\n${registry}/base:1\\n"`, ['1 not-edited']],
    ['an address', `a: docker://${registry}/base:1`, ['1 not-edited']],
    ['without a tag', `a: ${registry}/base`, ['1 warning not-edited']],
    ['never released', `a: "${registry}/chemistry:1"`, ['1 not-released']],
    ['a tag beside a name with one', `image: { name: "${registry}/base:1", tag: "2" }`, ['1 not-edited']],
    ['a longer name', `a: x${registry}/base:1\nb: ${registry}/base-of:1`, ['2 not-released']],
    ['a path', `a: /srv/${registry}/base:1`, []],
    ['a prefix', `image_prefix: ${registry}/user-`, []],
    ['a host', `a: https://registry.example.org/jupyter`, []],
  ])('%s', (_, text, expected) => {
    expect(told(text)).toEqual(expected);
    expect(edit(text).text).toBe(text);
  });

  test('names of Docker Hub, however they are spelled', () => {
    const onHub = releaseOf('docker.io/course', ['base']);
    expect(told('a: course/base:1\nb: docker.io/course/base:1\nc: x/course/base:1\n', onHub)).toEqual([
      '1 not-edited',
      '2 not-edited',
    ]);
  });

  test('an image that only sounds like our part of Docker Hub is not ours', () => {
    expect(told('image: { name: course, tag: latest }\n', releaseOf('docker.io/course', ['base']))).toEqual(
      [],
    );
  });

  test('a registry that is a host alone, with its port', () => {
    const local = releaseOf('localhost:5000', ['base']);
    const text =
      'a: { image: localhost:5000/base:1 }\nb: { image: localhost:5000/gone:1 }\nc: localhost:5000/base:1\nd: http://localhost:5000/x\n';
    expect(told(text, local)).toEqual(['2 not-released', '3 not-edited']);
    expect(edit(text, local).changes).toHaveLength(1);
    const apart = 'image: { registry: "localhost:5000", repository: base, tag: "1" }\n';
    expect(edit(apart, local).text).toBe(apart.replace('"1"', `"${wanted}"`));
  });

  test('a digest that the name and the tag make together', () => {
    const text = `image: { name: ${registry}/base@sha256, tag: ${'0'.repeat(64)} }\n`;
    expect(edit(text).text).toBe(`image: { name: ${registry}/base, tag: ${wanted} }\n`);
  });

  test('one repository for all', () => {
    const single = releaseOf(registry, ['base'], 'single-repository');
    expect(told(`a: ${registry}:base-1\nb: ${registry}:\${TAG}\nc: ${registry}\n`, single)).toEqual([
      '1 not-edited',
      '2 filled-in',
    ]);
  });

  test('quotes over lines that cannot be kept', () => {
    const text = `image: "old.example.org/\\\n  base:1"\n`;
    const settings = { ...noValuesSettings, formerly: ['old.example.org'] };
    expect(edit(text, release, settings)).toMatchObject({ text, problems: [{ code: 'several-lines' }] });
  });
});

test.each([
  ['of Helm', '{{- if .Values.x }}\nhub: 1\n{{- end }}\n', 1],
  ['of Jinja', 'hub: 1\n{% if x %}\na: 1\n{% endif %}\n', 2],
  ['in the place of an image', 'hub:\n  image: {{ name }}:{{ tag }}\n', 2],
])('a template %s is told once', (_, text, line) => {
  expect(parseValues('values.yaml', text)).toMatchObject({
    ok: false,
    error: [
      {
        code: 'invalid-yaml',
        span: { line },
        help: 'a template is no YAML yet: name the file that it yields',
      },
    ],
  });
  const parsed = parseValues('values.yaml', text);
  expect(!parsed.ok && parsed.error).toHaveLength(1);
});

test('line ends of old Macs are told, with what mends them', () => {
  const lone = parseValues('values.yaml', `hub:\r  image: ${registry}/hub:1\r`);
  expect(lone).toMatchObject({
    ok: false,
    error: [
      {
        message: 'this line ends in a carriage return without a line feed',
        span: { line: 1, column: 5, text: 'hub:' },
        help: String.raw`save the file with the line ends of Linux or Windows: \`sed -i 's/\r$//; s/\r/\n/g' values.yaml\``.replaceAll(
          '\\`',
          '`',
        ),
      },
    ],
  });
  const mixed = parseValues('values.yaml', 'a: 1\r\nb: 2\rc: 3\n');
  expect(mixed).toMatchObject({ ok: false, error: [{ span: { line: 2, column: 5, text: 'b: 2' } }] });
});
