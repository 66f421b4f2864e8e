/** kill -9 at any moment of a night: each lock is as it was or as it should be, and the next night makes all whole. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { startPackageIndex } from '../rig/package-index.ts';
import { startRegistry } from '../rig/registry.ts';
import { workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 1_800_000 });

const kills = 8;

test('eight nights that are killed', async () => {
  await using registry = await startRegistry();
  await using index = await startPackageIndex();
  const move = (version: number): void => {
    index.debian.set('curl', String(version));
    index.python.set('numpy', String(version));
  };
  move(0);
  await using family = await workspace({
    'matrix.yaml': `registry: ${registry.host}
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
images:
  "{p}base": { context: base, kind: custom }
  "{p}child": { context: child, kind: custom }
  "{p}lab": { context: lab, kind: custom }
`,
    'base/Dockerfile': `FROM rig.example/{p}root:1\n${index.uv}\nARG EPOCH\n${index.apt}\nCMD ["true"]\n`,
    'child/Dockerfile': 'FROM {p}base\nCOPY own /data/\n',
    'child/own': 'own',
    'lab/Dockerfile': `FROM {p}base\n${index.locked}\n`,
    'lab/requirements.txt': 'numpy\n',
  });
  const names = ['base', 'child', 'lab'].map((name) => `${family.prefix}${name}`);
  const lock = (): Promise<string> =>
    readFile(path.join(family.directory, 'matrix.lock'), 'utf8').catch(() => '');
  const python = (): Promise<string> => family.read('lab/requirements.lock');
  const locked = await family.build(['lock', `${family.prefix}lab`]);
  expect(locked.exitCode, locked.stderr).toBe(0);
  const first = await family.build(['images', ...names, '--changed', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  // How long a whole night of this machine takes, so that kills fall anywhere in it.
  move(1);
  const began = Date.now();
  const whole = await family.build(['nightly', ...names, '--python', '--day', '2026-11-01']);
  expect(whole.exitCode, whole.stderr).toBe(0);
  const nightMs = Date.now() - began;

  for (let round = 2; round < kills + 2; round += 1) {
    move(round);
    const day = `2026-11-${String(round).padStart(2, '0')}`;
    const before = await lock();
    const pythonBefore = await python();
    const pythonAfter = pythonBefore.replace(/==\d+/, `==${round}`);
    expect(pythonAfter).not.toBe(pythonBefore);
    const delay = Math.random() * nightMs;
    const moment = `round ${round}, killed after ${Math.round(delay)} of about ${nightMs} ms`;
    const running = family.start(['nightly', ...names, '--python', '--day', day]);
    await sleep(delay);
    running.kill('SIGKILL');
    await running;
    expect([before, before.replace(/2026-11-\d\d/, day)], moment).toContain(await lock());
    expect([pythonBefore, pythonAfter], moment).toContain(await python());

    const again = await family.build(['nightly', ...names, '--python', '--day', day]);
    expect(again.exitCode, `${moment}: ${again.stderr}`).toBe(0);
    expect(await lock(), moment).toBe(before.replace(/2026-11-\d\d/, day));
    expect(await python(), moment).toBe(pythonAfter);
    const plan = await family.build(['plan', ...names, '--push']);
    expect(plan.stdout, moment).toContain('Nothing to do');
  }
});
