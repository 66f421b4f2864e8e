/** `pools` of matrix.yaml: which images they mean, and mistakes in them. */
import { describe, expect, test } from 'vitest';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

const images = `
images:
  base: { context: a, kind: singleuser }
  tool: { context: a, kind: builder }
  course: { context: a, kind: singleuser, axes: { role: [student, instructor] } }
  pause: { mirror: "registry.example.org/pause:3.10" }
`;
const folder = (pools: string) => ({ 'matrix.yaml': `pools:\n${pools}${images}`, 'a/Dockerfile': '' });

describe('pools', () => {
  test('choose images and mirrors by selectors, in the family’s order', async () => {
    const set = await loadFiles(
      folder(`  students:
    images: [pause, course, base, '!role=instructor']
    selector: { hub.jupyter.org/node-purpose: user }
    tolerations: [{ key: nvidia.com/gpu, operator: Exists }]
    nodes: 25
    disk: 100GB
    bandwidth: 50MB/s
    pullSecrets: [registry]
  all: { images: [default] }
  most: { images: ['!base'] }
`),
    );
    expect(set.pools).toMatchObject([
      {
        name: 'students',
        images: ['base', 'course-student', 'pause'],
        nodes: 25,
        diskBytes: 100e9,
        bytesPerSecond: 50e6,
        stagger: '25%',
      },
      { name: 'all', images: ['base', 'course-student', 'course-instructor'] },
      { name: 'most', images: ['course-student', 'course-instructor'] },
    ]);
  });

  test('an included file may have its own', async () => {
    const set = await loadFiles({
      'matrix.yaml': `include: [more.yaml]\n${images}`,
      'more.yaml': 'pools: { gpu: { images: [base] } }\n',
      'a/Dockerfile': '',
    });
    expect(set.pools.map(({ name }) => name)).toEqual(['gpu']);
  });

  test('mistakes are told at their places, all together', async () => {
    expect(
      await tell(
        folder(`  Students:
    images: [bas, base+, '!']
    selector: { "a b": x, ok: "-" }
    tolerations: [{ operator: Exists, value: x }, { value: y }]
    disk: "100"
    bandwidth: fast
    stagger: 0%
    namespace: a.b
    pullSecrets: [A]
  none: { images: [base, '!base'] }
`),
      ),
    ).toMatchInlineSnapshot(`
      [
        "matrix.yaml:2:3 «Students» invalid-name: \`Students\` cannot be a pool's name (help: lower-case letters, digits and \`-\` between them, at most 63)",
        "matrix.yaml:3:14 «bas» unknown-image: no image, definition or group is called \`bas\` (help: did you mean \`base\`?)",
        "matrix.yaml:3:19 «base+» invalid-selector: \`base+\` means relatives, which nobody pulls for their own sake (help: leave out the \`+\`: layers come with the image)",
        "matrix.yaml:3:26 «'!'» invalid-selector: \`!\` selects nothing (help: write a name, a glob (\`'course-*'\`) or an axis value (\`role=student\`), perhaps with \`+\` or \`!\`)",
        "matrix.yaml:4:17 «"a b"» invalid-label: \`a b\` cannot be a label's name (help: \`name\` or \`example.org/name\`; the name has at most 63 letters, digits, \`-\`, \`_\` and \`.\`)",
        "matrix.yaml:4:31 «"-"» invalid-label: \`-\` cannot be a label's value (help: at most 63 letters, digits, \`-\`, \`_\` and \`.\`, beginning and ending with a letter or digit)",
        "matrix.yaml:5:46 «x» invalid-toleration: with \`operator: Exists\` there is no value (help: leave out \`value\`, or write \`operator: Equal\`)",
        "matrix.yaml:5:51 «{ value: y }» invalid-toleration: this tolerates a value of no taint (help: write \`key\`, or \`operator: Exists\` for every taint)",
        "matrix.yaml:6:11 «"100"» invalid-size: \`100\` is no size (help: a number with a unit: \`100GB\`, \`50MB\`)",
        "matrix.yaml:7:16 «fast» invalid-size: \`fast\` is no size (help: a number with a unit: \`100GB\`, \`50MB\`)",
        "matrix.yaml:8:14 «0%» invalid-value: \`0%\` is no number of nodes (help: a number of nodes (\`5\`), or a share of them from \`1%\` to \`100%\`)",
        "matrix.yaml:9:16 «a.b» invalid-name: \`a.b\` cannot be a namespace (help: lower-case letters, digits and \`-\` between them, at most 63)",
        "matrix.yaml:10:19 «A» invalid-name: \`A\` cannot be a Secret's name (help: lower-case letters and digits, with \`-\` and \`.\` between them, at most 253)",
        "matrix.yaml:11:11 «images» empty-pool: this chooses no image that is published (help: name at least one: \`[course]\`)",
      ]
    `);
  });
});
