import { describe, expect, test } from 'vitest';
import type { ShownEntry } from '../../../src/plan/plan.ts';
import { renderDot, renderMermaid } from '../../../src/report/plan-graph.ts';
import { renderGithubMatrix } from '../../../src/report/plan-levels.ts';
import { renderPlanTree } from '../../../src/report/plan-tree.ts';

function entry(name: string, parents: readonly string[], more: Partial<ShownEntry> = {}): ShownEntry {
  return {
    name,
    definition: name,
    kind: 'custom',
    parents,
    key: `k-${name}`,
    action: 'reuse',
    reasons: [],
    ...more,
  };
}

const odd: Partial<ShownEntry> = {
  action: 'build',
  reasons: [{ kind: 'argument-changed', name: 'TITLE', from: 'a "b"\\n', to: '<i>[x]</i>\n`|`' }],
};
const plan = {
  entries: [
    entry('base', []),
    entry('end', ['base', 'elsewhere'], odd),
    entry('hub', [], { action: 'verify', reasons: [{ kind: 'not-verified' }] }),
  ],
};

test('Graphviz, with everything escaped that could end a string', () => {
  expect(renderDot(plan)).toBe(String.raw`digraph images {
  rankdir=LR;
  node [shape=box, style="rounded,filled"];
  "base" [label="base", color="#8c959f", fillcolor="#f6f8fa"];
  "end" [label="end\nbuild: argument TITLE moved from \"a \"b\"\\n\" to \"<i>[x]</i>${'`|`'}\"", color="#0969da", fillcolor="#ddf4ff"];
  "hub" [label="hub\nverify: built, but has not passed today’s checks yet", color="#1a7f37", fillcolor="#dafbe1"];
  "base" -> "end";
}
`);
});

test('Mermaid, with names that are words of its own and signs that mean something to it', () => {
  expect(renderMermaid(plan)).toBe(`flowchart LR
  i0["base"]:::reuse
  i1["end<br/>build: argument TITLE moved from #34;a #34;b#34;#92;n#34; to #34;#60;i#62;#91;x#93;#60;/i#62;#96;#124;#96;#34;"]:::build
  i2["hub<br/>verify: built, but has not passed today’s checks yet"]:::verify
  i0 --> i1
  classDef reuse stroke:#8c959f,fill:#f6f8fa,color:#1f2328
  classDef build stroke:#0969da,fill:#ddf4ff,color:#1f2328
  classDef verify stroke:#1a7f37,fill:#dafbe1,color:#1f2328
`);
});

describe('levels for GitHub', () => {
  const build: Partial<ShownEntry> = { action: 'build', reasons: [{ kind: 'never-built' }] };

  test('each image stands after all its parents with something to do; unchanged ones and builders need no job', () => {
    const entries = [
      entry('tools', [], { ...build, kind: 'builder' }),
      entry('base', []),
      entry('scientific', ['base', 'tools'], build),
      entry('hub', ['tools'], build),
      entry('kit', ['scientific']),
      entry('course', ['kit', 'hub'], { action: 'publish', reasons: [] }),
    ];
    expect(renderGithubMatrix({ entries })).toBe(
      '[{"include":[' +
        '{"image":"scientific","action":"build","key":"k-scientific","reason":"never built"},' +
        '{"image":"hub","action":"build","key":"k-hub","reason":"never built"}]},' +
        '{"include":[{"image":"course","action":"publish","key":"k-course","reason":""}]}]\n',
    );
  });

  test('a level of more jobs than GitHub takes becomes several', () => {
    const entries = Array.from({ length: 300 }, (_, index) => entry(`i${index}`, [], build));
    const levels: { include: unknown[] }[] = JSON.parse(renderGithubMatrix({ entries }));
    expect(levels.map(({ include }) => include.length)).toEqual([256, 44]);
  });

  test('nothing to do: no level', () => {
    expect(renderGithubMatrix({ entries: [entry('base', [])] })).toBe('[]\n');
  });
});

test('a comparison as a tree tells what is new and what is gone', async () => {
  const entries = [
    entry('base', []),
    entry('course', ['base'], {
      action: 'build',
      reasons: [{ kind: 'content-changed', from: 'a'.repeat(64), to: 'b'.repeat(64) }],
    }),
    entry('extra', ['base'], { action: 'build', reasons: [{ kind: 'new-image' }] }),
  ];
  expect(await renderPlanTree({ entries, removed: ['old', 'odd\n'] }, { colour: false, width: 0 }))
    .toBe(`base       reuse
├─ course  build   content changed (key aaaaaaaaaaaa to bbbbbbbbbbbb)
└─ extra   build   new in the family

Since that plan: 1 image would be rebuilt, 1 new, 2 gone (old, odd), 1 unchanged.
`);
});
