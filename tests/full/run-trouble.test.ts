/** Builds that are too much for a disk or a log, and take their time to be: a disk that fills, a gigabyte of output. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { failuresOf, outcomesOf } from '../rig/events.ts';
import { endSecondEngine, secondEngineSocket, sharedFolderPrefix } from '../rig/second-engine.ts';
import { matrixOf, trivial, workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 400_000 });

let folder = '';
let socket = '';

/** An engine whose images and layers lie on a disk of their own: a file of 1.3 GB, just more than runs want to see free. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
  const disk = path.join(folder, 'disk');
  const data = path.join(folder, 'data');
  await mkdir(data);
  await execa('truncate', ['--size', '1300M', disk]);
  await execa('mkfs.ext4', ['-q', disk]);
  await execa('mount', ['-o', 'loop', disk, data]);
  socket = await secondEngineSocket(folder, 'classic');
});

afterAll(() => endSecondEngine(folder));

function filling(command: string): string {
  return `FROM {p}small\nRUN ${command} /dev/zero > /data/zeros\nCMD ["true"]\n`;
}

test('a disk that fills in the middle of a run: 3, said so, the others unharmed; and with room again it goes on', async () => {
  await using family = await workspace(
    {
      'matrix.yaml': matrixOf(['small', 'filling', 'above']),
      'small/Dockerfile': trivial,
      'filling/Dockerfile': filling('cat'),
      'above/Dockerfile': 'FROM {p}filling\nCMD ["true"]\n',
    },
    { socket },
  );
  const run = await family.events([]);
  expect(run.exitCode, JSON.stringify(failuresOf(run.events))).toBe(3);
  expect(outcomesOf(run.events, family.prefix)).toEqual({
    small: 'done',
    filling: 'failed',
    above: 'blocked',
  });
  expect(failuresOf(run.events)).toMatchObject([
    { blame: 'environment', message: expect.stringMatching(/^the engine's disk is full: .*no space left/i) },
  ]);
  await family.write('filling/Dockerfile', filling('head -c 9000000'));
  const again = await family.events(['--changed']);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(outcomesOf(again.events, family.prefix)).toEqual({
    small: 'reused',
    filling: 'done',
    above: 'done',
  });
});

test('a build that prints a gigabyte fits a small heap and the log that is kept of it', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['loud', 'other']),
    'loud/Dockerfile': `FROM rig.example/{p}root:1\nRUN yes "a line of no interest at all" | head -c 1000000000\nCMD ["true"]\n`,
    'other/Dockerfile': trivial,
  });
  const run = await family.build(['images'], { NODE_OPTIONS: '--max-old-space-size=48' });
  expect(run.exitCode, run.stderr.slice(-2000)).toBe(0);
  expect(run.stderr).toContain('All good: 2 done');
});
