import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { livingProcess, processMark } from '../../../src/core/process-alive.ts';

test('a process lives as long as its mark is of it, and of this boot', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  const mark = processMark(pid);
  expect(mark).toMatch(new RegExp(`^${pid} \\d+ [0-9a-f-]{36}$`));
  expect(livingProcess(mark)).toBe(pid);
  const [, began, boot] = mark.split(' ');
  expect(livingProcess(`${pid} ${Number(began) - 1} ${boot}`)).toBeUndefined();
  expect(livingProcess(`${pid} ${began} another-boot`)).toBeUndefined();
  child.kill();
  await once(child, 'exit');
  expect(livingProcess(mark)).toBeUndefined();
});

test('where the system does not tell when a process began, its number alone counts', () => {
  expect(livingProcess(String(process.pid))).toBe(process.pid);
  expect(livingProcess('4194305')).toBeUndefined();
});

test('a note that names nobody is of nobody', () => {
  for (const note of ['', 'x', '0', '-1 2 3']) expect(livingProcess(note), note).toBeUndefined();
});
