/** Which command does nothing in an image, as it is seen in real ones; and that it does nothing there, as nobody. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bench } from '../../src/smoke/bench.ts';
import { noopCommand } from '../../src/smoke/noop-command.ts';
import { engineRig, patience, valueOf, type EngineRig } from '../rig/engine.ts';
import { FaultyImages } from '../rig/faulty-images.ts';
import { judge, leftovers, runId } from '../rig/judge.ts';

let rig: EngineRig;
let images: FaultyImages;

beforeAll(async () => {
  rig = await engineRig('classic');
  images = new FaultyImages(rig.engine, 'noop');
});

afterAll(async () => {
  expect(await leftovers(rig.engine)).toBe(0);
  await images[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

/** An image of what these lines put under `/r`, and of nothing else. */
function imageOf(name: string, lines: readonly string[], more = ''): Promise<string> {
  const run = ['mkdir -p /r/bin /r/usr/bin /r/opt', ...lines].map((line) => `/bin/busybox ${line}`);
  return images.build(
    name,
    `FROM ${rig.root} AS made\nRUN --network=none ${run.join(' && ')}\nFROM scratch\nCOPY --from=made /r/ /\n${more}`,
  );
}

const shell = ['/bin/sh', '-c', 'exit 0'];

describe.concurrent('a command that does nothing', () => {
  test.each([
    ['a shell', 'shell', ['cp /bin/busybox /r/bin/sh'], shell],
    [
      'a shell behind links to links',
      'links',
      [
        'cp /bin/busybox /r/usr/bin/busybox',
        'ln -s busybox /r/usr/bin/sh',
        'rmdir /r/bin',
        'ln -s usr/bin /r/bin',
      ],
      shell,
    ],
    ['`true` alone', 'true', ['cp /bin/busybox /r/usr/bin/true'], ['/usr/bin/true']],
    ['neither', 'neither', ['cp /bin/busybox /r/opt/serve'], []],
    ['a shell for root alone', 'closed', ['cp /bin/busybox /r/bin/sh', 'chmod 700 /r/bin/sh'], []],
    ['a folder in its place', 'folder', ['mkdir /r/bin/sh'], []],
    [
      'a link that leads to itself',
      'loop',
      ['ln -s sh /r/bin/sh', 'cp /bin/busybox /r/bin/true'],
      ['/bin/true'],
    ],
  ] as const)('is seen in an image with %s', async (_, name, lines, expected) => {
    const image = await imageOf(name, lines);
    await using bench = new Bench(rig.engine, { runId, image: name, keep: false });
    const found = valueOf(await noopCommand(bench, image, patience()));
    expect(found).toEqual(expected);
    const [program, ...args] = found;
    if (program === undefined) return;
    const spec = {
      image,
      entrypoint: [program],
      cmd: args,
      user: '65534',
      env: {},
      mounts: [],
      network: 'none',
    };
    const id = valueOf(await bench.container(spec, patience()));
    valueOf(await rig.engine.startContainer(id, patience()));
    expect(valueOf(await rig.engine.waitContainer(id, patience()))).toBe(0);
  });

  test('is in the verdict', async () => {
    const lines = ['cp /bin/busybox /r/opt/sleep'];
    const image = await imageOf('verdict', lines, 'ENTRYPOINT ["/opt/sleep", "600"]\n');
    expect(await judge(rig.engine, image, { profile: 'custom' })).toMatchObject({ passed: true, noop: [] });
  });
});
