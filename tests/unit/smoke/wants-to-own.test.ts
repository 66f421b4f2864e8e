import { expect, test } from 'vitest';
import { wantsToOwn } from '../../../src/smoke/contract/singleuser/s14-empty-home.ts';

test.each([
  "chown: changing ownership of '/home/jovyan': Operation not permitted",
  "PermissionError: [Errno 1] Operation not permitted: '/home/jovyan' in os.chown",
  "chmod: changing permissions of '/home/jovyan/.ssh': Operation not permitted",
])('a home that the entry point wants for its own: %j', (words) => {
  expect(wantsToOwn(words, '/home/jovyan')).toBe(true);
});

test.each([
  "chown: changing ownership of '/srv/data': Operation not permitted",
  "cp: cannot stat '/home/jovyan/x': No such file or directory",
])('is none: %j', (words) => {
  expect(wantsToOwn(words, '/home/jovyan')).toBe(false);
});
