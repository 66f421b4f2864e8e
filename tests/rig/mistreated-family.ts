/**
 * What users' files may hold, by chance: a right family in which one kind of file is mutated, and what has to come of it.
 * A diagnostic or a plan, soon, and never an exception; each diagnostic can be shown, and its place is in its line.
 */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Diagnostic } from '../../src/core/diagnostic.ts';
import { buildGraph, type ImageGraph } from '../../src/graph/image-graph.ts';
import { computeKeys } from '../../src/key/content-key.ts';
import { updateLockText } from '../../src/lock/lock-text.ts';
import { emptyLock, readLock } from '../../src/matrix/lock.ts';
import { loadMatrix } from '../../src/matrix/load-matrix.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { renderDiagnostics } from '../../src/report/diagnostics.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** A family that uses most of what there is. */
const rightFiles = {
  'matrix.yaml': `# The family.
include: [more/images.yaml]
registry: \${REG:-}
naming: repository-per-image
tags: ["{date}-{key}", "\${T:-x}"]
env: [BUCKET]
secrets: [{ id: x, env: X }, { id: y, file: secrets/y }]
roots:
  debian: { from: "debian:trixie", bootstrap: { debian: trixie } }
  node: { from: "node:24" }
groups: { default: [base, course], more: [default, hub] }
images:
  base: &base
    context: base
    kind: singleuser
    maxSize: 1GB
    resources: { memory: 1Gi, cpu: 1 }
    waivers: [{ clause: S4, reason: slow, until: 2099-12-31 }]
  tool: { context: tool, kind: builder, target: two, platforms: [linux/amd64] }
  hub: { context: hub, kind: hub, provides: ["quay.io/x/hub"], weight: 2 }
  pause: { mirror: "registry.k8s.io/pause:3.10" }
  course:
    dockerfile: Course
    context: "courses/{course.name}"
    kind: singleuser
    axes: { course: { from: courses.yaml }, role: [student, tutor] }
    exclude: [{ course: history, role: tutor }]
    include: [{ role: student, extra: "1" }]
    name: "c-{course.name}-{role}"
    args: { BASE: "{course.base}", BUCKET: "\${BUCKET:-}", E: "{extra}" }
`,
  'more/images.yaml': `# The part of others.
groups: { others: [lab, base] }
roots: { alpine: { from: "alpine:3" } }
env: [OTHER]
images:
  lab: { context: lab, kind: custom, axes: { size: [small, large] }, args: { SIZE: "{size}", OTHER: "\${OTHER:-}" } }
`,
  'courses.yaml': `# Courses.
- { name: physics, repo: "https://git.example.org/physics.git", ref: main, clone: true }
- name: history
  repo: git@git.example.org:history.git   # over ssh
  base: hub

- { name: art, repo: kits/art }
`,
  'matrix.lock': `# Written by \`build lock\`.
roots:
  debian: debian:trixie@${digest}
  node: ${digest}
mirrors:
  pause: registry.k8s.io/pause:3.10@${digest}
git:
  https://git.example.org/physics.git#main: ${'1'.repeat(40)}
epochs:
  base: 2026-11-20
  c-physics-student: 2026-11-20
`,
  Course: `# syntax=docker/dockerfile:1
# escape=\\
ARG BASE=base
ARG TAG=\${TAG:-latest}
FROM \${BASE} AS system
ARG EPOCH
RUN --mount=type=bind,from=tool,source=/a,target=/b --mount=type=secret,id=x \\
    # in between
    echo "\${BASE}" 'x' && \\
    echo
COPY --from=tool --chown=1:1 ["a b", "c"] /d/
RUN <<'EOF' && <<-END
FROM nothing
EOF
	FROM nothing
	END
FROM system
COPY --from=system --link a* b /c/
ADD --checksum=${digest} https://example.org/x /x
ONBUILD COPY x y
HEALTHCHECK --interval=5s CMD true
ENTRYPOINT ["x"]
`,
} as const;

/** Files that no property mutates: without them nothing would get far. */
const otherFiles = {
  'base/Dockerfile': 'FROM debian:trixie\nARG EPOCH\n',
  'tool/Dockerfile': 'FROM scratch AS one\nFROM one AS two\nFROM node:24\n',
  'hub/Dockerfile': 'FROM base\nCOPY --from=tool / /\n',
  'more/lab/Dockerfile': 'FROM alpine:3\nARG SIZE\n',
  'kits/art/x': '',
} as const;

export type MutatedFile = keyof typeof rightFiles;
export const mutatedFiles = [
  'matrix.yaml',
  'more/images.yaml',
  'courses.yaml',
  'matrix.lock',
  'Course',
] as const;

const words =
  `images include groups secrets tags registry env axes args from context kind name mirror roots default id file repo
  resources exclude waivers until weight platforms provides hub base tool course student constructor toString __proto__
  hasOwnProperty prototype null ~ .inf .nan 0x1f 1e999 -0 01 true yes on 2026-02-30 {course.name} {course} {x} {{ }} \${HOME}
  \${X:-} $$ ../.. /etc/passwd - -- -x . .. ... * *base &base <<: !!binary !!map !t ? | > >- FROM ARG COPY RUN ADD --from=
  --mount=type=bind,from= AS <<EOF EOF scratch \${TARGETARCH} $BASE \${BASE:-x} \${BASE:?y} \${BASE#z} @sha256: :latest
  sha256: 物理 аdmin café \u202Eabc`.split(/\s+/);
const marks =
  `\n|\n  |\n    |\n- |\r\n|\r|\t|\v|\f| |: |:|, |[|]|{|}|"|'|#|%|@|\`|\\|\\\n|\u0000|\u001B[31m|\u007F|\u0085|\u00A0|\u2028|\u200D|\uFEFF|\uFFFD|\uD800`.split(
    '|',
  );

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  { weight: 4, arbitrary: fc.constantFrom(...marks) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('[', '{a: ', '- ', 'a', '*base, ', '"', '\\\n', '${X:-', 'é', '\n'), fc.nat(400))
      .map(([text, times]) => text.repeat(times)),
  },
);

/** One change of a text; places are parts of 1000, so that they shrink and hold for every length. */
type Change =
  | { readonly kind: 'splice'; readonly at: number; readonly cut: number; readonly piece: string }
  | { readonly kind: 'word'; readonly at: number; readonly piece: string }
  | { readonly kind: 'copy'; readonly at: number; readonly to: number }
  | { readonly kind: 'drop'; readonly at: number };

const place = fc.nat(999);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('splice' as const), at: place, cut: fc.nat(12), piece }),
  fc.record({ kind: fc.constant('word' as const), at: place, piece }),
  fc.record({ kind: fc.constant('copy' as const), at: place, to: place }),
  fc.record({ kind: fc.constant('drop' as const), at: place }),
);

/** A text for the file: the right one with some changes, or noise from nothing. */
function mistreated(file: MutatedFile): fc.Arbitrary<string> {
  const changes = fc.array(change, { minLength: 1, maxLength: 5 });
  return fc.oneof(
    { weight: 9, arbitrary: changes.map((all) => all.reduce<string>(changed, rightFiles[file])) },
    { weight: 1, arbitrary: fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')) },
  );
}

function scaled(part: number, length: number): number {
  return Math.floor((part * length) / 1000);
}

function changed(text: string, edit: Change): string {
  const lines = text.split('\n');
  switch (edit.kind) {
    case 'splice': {
      const at = scaled(edit.at, text.length);
      return text.slice(0, at) + edit.piece + text.slice(at + edit.cut);
    }
    case 'word': {
      const found = [...text.matchAll(/[\w.-]+/g)];
      const hit = found[scaled(edit.at, found.length)];
      if (hit === undefined) return text + edit.piece;
      return text.slice(0, hit.index) + edit.piece + text.slice(hit.index + hit[0].length);
    }
    case 'copy': {
      const line = lines[scaled(edit.at, lines.length)] ?? '';
      return lines.toSpliced(scaled(edit.to, lines.length), 0, line).join('\n');
    }
    case 'drop':
      return lines.toSpliced(scaled(edit.at, lines.length), 1).join('\n');
    default:
      return edit satisfies never;
  }
}

/** Writes the right family into the folder. */
export async function writeRightFamily(folder: TemporaryFolder): Promise<void> {
  for (const [file, text] of Object.entries({ ...rightFiles, ...otherFiles })) await folder.write(file, text);
}

export type Outcome = 'plan' | 'told';

/** Milliseconds of the processor that reading a family may take. */
const patienceMs = 1000;

/** What comes of the family with one file's text changed; fails where it is neither a plan nor a diagnostic. */
async function outcomeOf(directory: string, file: MutatedFile, text: string): Promise<Outcome> {
  const before = process.cpuUsage();
  const diagnostics = await readAll(directory, file, text);
  const shown = renderDiagnostics(diagnostics, { colour: false, width: 80 });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000, 'milliseconds').toBeLessThan(patienceMs);
  for (const { span } of diagnostics.flatMap((each) => [each, ...(each.notes ?? [])])) {
    if (span === undefined) continue;
    expect(span.line).toBeGreaterThan(0);
    expect(span.column).toBeGreaterThan(0);
    expect(span.column).toBeLessThanOrEqual(span.text.length + 1);
  }
  // Nothing of a file reaches a terminal as it is.
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F\u202E]/);
  return diagnostics.some(({ severity }) => severity === 'error') ? 'told' : 'plan';
}

async function readAll(directory: string, file: MutatedFile, text: string): Promise<readonly Diagnostic[]> {
  const edits = new Map<string, string>(file === 'Course' ? [] : [[file, text]]);
  const loaded = await loadMatrix(directory, {}, { edits, today: '2026-11-20' });
  if (!loaded.ok) return withErrors(loaded.error);
  const { set, warnings } = loaded.value;
  const known = new Map<string, string>(Object.entries({ ...otherFiles, ...rightFiles, [file]: text }));
  const texts = new Map(set.images.map(({ dockerfile }) => [dockerfile, known.get(dockerfile) ?? '']));
  const graph = buildGraph(set, texts, 'linux/amd64');
  if (!graph.ok) return withErrors([...warnings, ...graph.error]);
  plan(graph.value.graph);
  if (file === 'matrix.lock') expectUnharmed(text);
  return [...warnings, ...graph.value.warnings];
}

function withErrors(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  expect(diagnostics.filter(({ severity }) => severity === 'error')).not.toEqual([]);
  return diagnostics;
}

function plan(graph: ImageGraph): void {
  const contexts = new Map(graph.order.map((name) => [name, []]));
  const roots = new Map([...graph.roots].map(([key, root]) => [key, root.digest ?? digest]));
  const keys = computeKeys(graph, { platform: 'linux/amd64', roots, contexts });
  const drawn = makePlan({
    graph,
    selected: graph.order,
    mode: { changed: true, force: false, push: false },
    keys,
    verdictKeys: new Map([...keys].map(([name, { key }]) => [name, key])),
    local: new Map(),
    remote: undefined,
    missingTags: new Map(),
    remembered: new Map(),
  });
  expect(drawn.entries.map(({ name }) => name)).toEqual(graph.order);
}

/** A lock that could be read is one that can be written, and means the same then. */
function expectUnharmed(text: string): void {
  const tidy = updateLockText(text, emptyLock);
  expect(readLock('matrix.lock', tidy).lock).toEqual(readLock('matrix.lock', text).lock);
}

/** A property for fast-check: whatever the file holds, it is a plan or told. `counts` says how often which. */
export function mistreatment(
  folder: TemporaryFolder,
  file: MutatedFile,
  counts: Record<Outcome, number>,
): fc.IAsyncProperty<[string]> {
  return fc.asyncProperty(mistreated(file), async (text) => {
    counts[await outcomeOf(folder.path, file, text)] += 1;
  });
}
