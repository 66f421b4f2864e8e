/** Damaged files: whatever a list or a Dockerfile holds, what is written means what was asked, or nothing is written. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { adoptTree } from '../../../src/adopt/adopt-tree.ts';
import { familyAfter } from '../../../src/adopt/check-edit.ts';
import { appendEntry, removeEntry } from '../../../src/adopt/yaml-list.ts';
import { coursesSchema } from '../../../src/matrix/schema.ts';
import { makefileProject } from '../../rig/dockerfile-trees.ts';
import { patience } from '../../rig/engine.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

let state = 20_261_120;

/** A whole number below `limit`: the same numbers in every run (a linear congruential generator). */
function random(limit: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor(state / 65_536) % Math.max(1, limit);
}

const pieces = [
  '$',
  '${',
  '}',
  '"',
  "'",
  '\n',
  '\\\n',
  ' ',
  '#',
  ',',
  '- ',
  ': ',
  '[',
  ']',
  '{x}',
  '\t',
  '\r\n',
  '\0',
  'ü',
];
const instructions = [
  'FROM ',
  'ARG X\n',
  'COPY --from=',
  '<<EOF',
  'ONBUILD ',
  '@sha256:',
  '--mount=',
  '$REGISTRY',
];

function damaged(text: string, more: readonly string[] = []): string {
  const all = [...pieces, ...more];
  let result = text;
  for (let times = 1 + random(3); times > 0; times -= 1) {
    const at = random(result.length);
    result = result.slice(0, at) + (all[random(all.length)] ?? '') + result.slice(at + random(6));
  }
  return result;
}

/** The list that a text means; undefined where it means nothing. */
function listIn(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'error', uniqueKeys: false });
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS() ?? [];
  } catch {
    // Aliases that lead nowhere are told by the matrix room.
    return undefined;
  }
}

const lists = [
  '# h\n- name: a   # one\n  repo: "https://x/a"\n  # ref: main\n\n# about b\n- name: b\n  repo: x # tail\n  # deep\n# end\n',
  '- { name: a, repo: "x" } # first\n- {name: b, repo: "y"}\n',
  '[\n  { name: a, repo: x }, # one\n  { name: b, repo: y } # two\n]\n',
];

test('an entry added to a damaged list is there, taken out it is gone, and nothing else has changed', () => {
  const entry = new Map([
    ['name', 'zz'],
    ['repo', 'https://q/z'],
  ]);
  let edits = 0;
  for (let round = 0; round < 1500; round += 1) {
    const text = damaged(lists[round % lists.length] ?? '');
    const before = listIn(text);
    const added = appendEntry(text, entry);
    // What is no list of courses is never written: the matrix room refuses it.
    if (!coursesSchema.safeParse(before).success || added.kind !== 'edited') continue;
    edits += 1;
    expect(listIn(added.text), text).toEqual([...(before as unknown[]), Object.fromEntries(entry)]);
    const removed = removeEntry(added.text, 'zz');
    expect(removed.kind === 'edited' && listIn(removed.text), text).toEqual(before);
  }
  expect(edits).toBeGreaterThan(100);
});

const builds: Readonly<Record<string, string>> = {
  Makefile:
    'V := 1\nbase hub:\n\tcd $@ && docker build --build-arg V=$(V) -t x/$@:$$T . ; \\\n\tdocker push x\n',
  'compose.yaml':
    'services:\n  a: &a\n    build: { context: base, args: { V: "${V:-1}" } }\n  b: { <<: *a }\n',
  'docker-bake.hcl':
    'variable "V" { default = "1" }\ntarget "a" {\n  context = "base"\n  args = { V = "${V}" }\n}\n',
  'docker-bake.json': '{"target":{"a":{"context":"base","args":{"V":"1"}}}}',
  '.github/workflows/a.yml':
    'jobs:\n  a:\n    strategy: { matrix: { i: [base, hub] } }\n    steps:\n      - { uses: docker/build-push-action@v6, with: { context: "${{ matrix.i }}" } }\n      - run: docker build base\n',
  'chartpress.yaml':
    'charts:\n  - imagePrefix: x/\n    images:\n      base: &b { contextPath: base, buildArgs: { V: "{TAG}" } }\n      hub: { <<: *b }\n',
  'base/hubploy.yaml': 'images:\n  images:\n    - { name: x/base, path: . }\n',
  '.gitlab-ci.yml':
    'variables: { V: "1" }\n.t: { script: [ "docker build --build-arg V=$V $I" ] }\na:\n  extends: .t\n  parallel: { matrix: [ { I: [base, hub] } ] }\n',
};

test('damaged files that tell how images are built stop nothing, and what is written loads', async () => {
  await using folder = await temporaryFolder();
  const more = ['docker build ', '${{', '$(', '<<EOT', '&a ', '*a', '{', 'define x\n', '--build-arg '];
  for (let round = 0; round < 60; round += 1) {
    const root = path.join(folder.path, String(round));
    const files = { ...makefileProject(), ...builds };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.join(root, path.dirname(file)), { recursive: true });
      await writeFile(path.join(root, file), file in builds ? damaged(text, more) : text);
    }
    const tree = await adoptTree({ root, below: '.', environment: {} }, patience());
    if (!tree.ok) throw new Error(`round ${round}: ${tree.error[0]?.message}`);
    const edits = new Map([['matrix.yaml', tree.value.text]]);
    expect((await familyAfter(root, {}, edits, patience())).ok, tree.value.text).toBe(true);
    expect(tree.value.images.length, tree.value.text).toBeGreaterThanOrEqual(5);
  }
});

test('a damaged tree of Dockerfiles becomes a family that loads, with warnings for the rest', async () => {
  await using folder = await temporaryFolder();
  for (let round = 0; round < 40; round += 1) {
    const root = path.join(folder.path, String(round));
    for (const [file, text] of Object.entries(makefileProject())) {
      await mkdir(path.join(root, path.dirname(file)), { recursive: true });
      const isHit = file.endsWith('Dockerfile') && random(2) === 0;
      await writeFile(path.join(root, file), isHit ? damaged(text, instructions) : text);
    }
    const tree = await adoptTree({ root, below: '.', environment: {} }, patience());
    if (!tree.ok) {
      expect(tree.error[0]?.code).toBe('no-dockerfiles');
      continue;
    }
    const edits = new Map([['matrix.yaml', tree.value.text]]);
    const family = await familyAfter(root, {}, edits, patience());
    expect(family.ok, tree.value.text).toBe(true);
    expect(
      tree.value.images.length +
        tree.value.warnings.filter(({ message }) => message.includes('is left out')).length,
    ).toBeGreaterThanOrEqual(5);
  }
});
