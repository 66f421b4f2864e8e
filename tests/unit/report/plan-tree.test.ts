import { expect, test } from 'vitest';
import type { PlanEntry } from '../../../src/plan/plan.ts';
import { renderPlanTree } from '../../../src/report/plan-tree.ts';

function entry(name: string, parents: readonly string[], more: Partial<PlanEntry> = {}): PlanEntry {
  return {
    name,
    definition: name,
    kind: 'custom',
    parents,
    key: 'k',
    verdictKey: 'v',
    action: 'reuse',
    reasons: [],
    selected: true,
    local: undefined,
    published: undefined,
    ...more,
  };
}

const plan = {
  entries: [
    entry('tools', []),
    entry('base', ['tools']),
    entry('course', ['base', 'tools'], {
      action: 'build',
      reasons: [
        { kind: 'file-changed', path: 'images/course/apt.txt', change: 'edited', from: '1', to: '2' },
        { kind: 'argument-changed', name: 'ROLE', from: 'a', to: 'b' },
      ],
    }),
    entry('hub', [], { action: 'verify', reasons: [{ kind: 'not-verified' }] }),
  ],
};

test('each image stands once, under the parent it is built on first, with its action and its first reason', async () => {
  expect(await renderPlanTree(plan, { colour: false, width: 0 })).toBe(`tools         reuse
└─ base       reuse
   └─ course  build   images/course/apt.txt edited (and 1 more)
hub           verify  built, but has not passed today’s checks yet

2 images with something to do, 2 unchanged.
`);
});

test('a terminal’s width is kept to', async () => {
  const lines = (await renderPlanTree(plan, { colour: false, width: 30 })).split('\n');
  expect(Math.max(...lines.slice(0, 4).map((line) => line.length))).toBeLessThanOrEqual(30);
});

test('a reason that is longer than its line goes on below it, its paths whole, and the tree with it', async () => {
  const told = await renderPlanTree(plan, { colour: false, width: 52 });
  expect(told).toBe(`tools         reuse
└─ base       reuse
   └─ course  build   images/course/apt.txt edited
                      (and 1 more)
hub           verify  built, but has not passed
                      today’s checks yet

2 images with something to do, 2 unchanged.
`);
  expect(await renderPlanTree({ ...plan, estimateMs: 95_000 }, { colour: false, width: 52 })).toContain(
    '\n2 images with something to do, 2 unchanged. About\n1m35s, as the last builds took.\n',
  );
});

test('a path that is longer than its line is broken at its folders', async () => {
  const reasons = [
    {
      kind: 'file-changed',
      path: 'courses/introduction-to-physics/exercises/week-01/pendulum.ipynb',
      change: 'edited',
      from: '1',
      to: '2',
    },
  ] as const;
  const entries = [entry('base', [], { action: 'build', reasons }), entry('course', ['base'])];
  const told = await renderPlanTree({ entries }, { colour: false, width: 53 });
  expect(told).toContain(`base       build   courses/introduction-to-physics/
│                  exercises/week-01/pendulum.ipynb
│                  edited
└─ course  reuse
`);
});

test('a reason of many lines loses its middle, so that what it is about and what happened to it stay', async () => {
  const reasons = [
    { kind: 'argument-changed', name: 'PACKAGES', from: 'a '.repeat(90), to: `${'b '.repeat(90)}end` },
  ] as const;
  const entries = [entry('base', [], { action: 'build', reasons })];
  const lines = (await renderPlanTree({ entries }, { colour: false, width: 60 })).trimEnd().split('\n');
  expect(lines.slice(0, -2)).toHaveLength(3);
  expect(lines[0]).toContain('build   argument PACKAGES moved from');
  expect(lines.slice(0, -2).join('\n')).toContain('…');
  expect(lines[2]).toMatch(/ end"$/);
});

test('what a parent’s own line tells is not told again below it where that does not fit', async () => {
  const edit = {
    kind: 'file-changed',
    path: 'images/base/requirements.lock',
    change: 'edited',
    from: '1',
    to: '2',
  } as const;
  const follows = { kind: 'parent-changed', image: 'base', because: edit } as const;
  const entries = [
    entry('base', [], { action: 'build', reasons: [edit] }),
    entry('scientific', ['base'], { action: 'build', reasons: [follows] }),
    entry('course', ['scientific'], {
      action: 'build',
      reasons: [
        { kind: 'parent-changed', image: 'scientific', because: follows },
        { kind: 'argument-changed', name: 'ROLE', from: 'a', to: 'b' },
      ],
    }),
  ];
  expect(await renderPlanTree({ entries }, { colour: false, width: 64 })).toContain(
    `base           build   images/base/requirements.lock edited
└─ scientific  build   base changed
   └─ course   build   base changed (and 1 more)
`,
  );
  expect(await renderPlanTree({ entries }, { colour: false, width: 100 })).toContain(
    '   └─ course   build   base changed: images/base/requirements.lock edited (and 1 more)\n',
  );
  // The cause has no line of its own in a plan of the children alone.
  expect(await renderPlanTree({ entries: entries.slice(1) }, { colour: false, width: 60 })).toContain(
    'base changed:\n',
  );
});

test('a plan without anything to do says so', async () => {
  const idle = { entries: plan.entries.slice(0, 2) };
  expect(await renderPlanTree(idle, { colour: false, width: 0 })).toContain(
    'Nothing to do: 2 images unchanged.',
  );
});

test('a root that moved says so before it says from where to where', async () => {
  const entries = [
    entry('base', [], {
      action: 'build',
      reasons: [
        {
          kind: 'root-moved',
          root: 'debian:13',
          from: `sha256:${'1'.repeat(64)}`,
          to: `sha256:${'2'.repeat(64)}`,
        },
      ],
    }),
  ];
  const told = (await renderPlanTree({ entries }, { colour: false, width: 50 })).split('\n');
  expect(told[0]).toBe('base  build   root debian:13 moved');
});

test('that an image was not built from here is enough where there is no room for more', async () => {
  const reasons = [{ kind: 'built-elsewhere', from: '1'.repeat(64), to: '2'.repeat(64) }] as const;
  const entries = [entry('base', [], { action: 'build', reasons })];
  const told = await renderPlanTree({ entries }, { colour: false, width: 80 });
  expect(told).toContain('base  build   not built from here\n');
});

test('a plan of no image says that none is selected', async () => {
  expect(await renderPlanTree({ entries: [] }, { colour: false, width: 0 })).toBe('No image is selected.\n');
});

test('how long it will take is told, where it is known', async () => {
  const told = await renderPlanTree({ ...plan, estimateMs: 95_000 }, { colour: false, width: 0 });
  expect(told).toContain(
    '\n2 images with something to do, 2 unchanged. About 1m35s, as the last builds took.\n',
  );
  const idle = { entries: plan.entries.slice(0, 2), estimateMs: 0 };
  expect(await renderPlanTree(idle, { colour: false, width: 0 })).not.toContain('About');
});

test('names that leave no room for reasons stand alone, with action and reason below, within the tree', async () => {
  const long = 'introduction-to-computational-physics';
  const reasons = [
    { kind: 'file-changed', path: 'courses/physics/requirements.lock', change: 'edited', from: '1', to: '2' },
  ] as const;
  const entries = [
    entry('base', []),
    entry(`${long}-student`, ['base'], { action: 'build', reasons }),
    entry('below', [`${long}-student`]),
    entry(`${long}-instructor`, ['base'], { action: 'build', reasons }),
  ];
  expect(await renderPlanTree({ entries }, { colour: false, width: 70 }))
    .toBe(`base                            reuse
├─ introduction-to-computational-physics-student
│  │  build   courses/physics/requirements.lock edited
│  └─ below                     reuse
└─ introduction-to-computational-physics-instructor
      build   courses/physics/requirements.lock edited

2 images with something to do, 2 unchanged.
`);
  // Where all reasons fit, nothing is taken apart.
  expect(await renderPlanTree({ entries }, { colour: false, width: 110 })).toContain(
    '├─ introduction-to-computational-physics-student     build   courses/physics/requirements.lock edited\n',
  );
});
