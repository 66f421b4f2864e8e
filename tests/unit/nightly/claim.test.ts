/** One night at a time, whatever a night before it left. */
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { claimNight } from '../../../src/nightly/claim.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const claim = path.resolve(import.meta.dirname, '../../../src/nightly/claim.ts');

test('the second is told whose turn it is, and the one after the first gets it', async () => {
  await using folder = await temporaryFolder({});
  const first = await claimNight(folder.path);
  if (!first.ok) throw new Error(first.error.message);
  const second = await claimNight(folder.path);
  expect(second).toMatchObject({
    ok: false,
    error: { code: 'night-running', message: expect.stringContaining(String(process.pid)) },
  });
  first.value[Symbol.dispose]();
  expect(await readdir(folder.path)).toEqual(['lock']);
  expect((await claimNight(folder.path)).ok).toBe(true);
});

test('what a killed night holds falls with it', async () => {
  await using folder = await temporaryFolder({});
  const script = `
    import { claimNight } from '${claim}';
    const claimed = await claimNight(process.argv[1]);
    console.log(claimed.ok);
    setInterval(() => {}, 1000);
  `;
  const night = execa(process.execPath, ['--input-type=module', '--eval', script, folder.path], {
    reject: false,
  });
  await new Promise((resolve) => night.stdout.once('data', resolve));
  expect(await claimNight(folder.path)).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining(`(process ${night.pid})`) },
  });
  night.kill('SIGKILL');
  await night;
  expect((await claimNight(folder.path)).ok).toBe(true);
});

test('of many that find a dead one’s note at the same time, one gets its turn', async () => {
  const script = `
    import { claimNight } from '${claim}';
    process.stdout.write('ready');
    await new Promise((go) => process.stdin.once('data', go));
    const claimed = await claimNight(process.argv[1]);
    console.log(claimed.ok ? 'mine' : claimed.error.code);
    await new Promise((end) => process.stdin.once('end', end));
  `;
  await using folder = await temporaryFolder({});
  await writeFile(path.join(folder.path, 'process'), '4194305 1 another-boot');
  const nights = Array.from({ length: 6 }, () =>
    execa(process.execPath, ['--input-type=module', '--eval', script, folder.path], { reject: false }),
  );
  const said = (night: (typeof nights)[number], wanted: RegExp): Promise<void> =>
    new Promise((resolve) => {
      let text = '';
      night.stdout.on('data', (piece: Buffer) => {
        text += piece.toString();
        if (wanted.test(text)) resolve();
      });
    });
  await Promise.all(nights.map((night) => said(night, /ready/)));
  const answered = nights.map((night) => said(night, /\n/));
  for (const night of nights) night.stdin.write('go');
  await Promise.all(answered);
  for (const night of nights) night.stdin.end();
  const answers = (await Promise.all(nights)).map(({ stdout }) => stdout.replace('ready', '').trim());
  expect(answers.toSorted()).toEqual(['mine', ...Array.from({ length: 5 }, () => 'night-running')]);
});
