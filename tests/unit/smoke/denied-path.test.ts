import { refusedAt } from '../../../src/smoke/contract/singleuser/s13-user.ts';
import { expect, test } from 'vitest';
import { deniedPath } from '../../../src/smoke/contract/singleuser/denied-path.ts';

const env = new Map([
  ['PATH', '/usr/local/bin:/usr/bin'],
  ['HOME', '/root'],
  ['OPT', '/opt'],
  ['XDG_DATA_HOME', '/opt/share'],
  ['PWD', '/'],
]);

test.each([
  ["PermissionError: [Errno 13] Permission denied: '/root/.local'", '/root/.local', 'HOME=/root'],
  [
    "mkdir: cannot create directory '/opt/share/jupyter': Permission denied",
    '/opt/share/jupyter',
    'XDG_DATA_HOME=/opt/share',
  ],
  ['/bin/sh: 1: cannot create /opt/sharex: Permission denied', '/opt/sharex', 'OPT=/opt'],
  ['exec: "/start.sh": permission denied: unknown', '/start.sh', undefined],
])('%j is about %s, where %s leads', (log, path, variable) => {
  expect(deniedPath(log, env)).toEqual({ path, variable });
});

test('a log without a refusal names no path', () => {
  expect(deniedPath('Permission denied (publickey)', env)).toBeUndefined();
});

test.each([
  ['/home/jovyan/.local/share', 'above the home'],
  ['/home/jovyan', 'above the home'],
  ['/home/jovyan2/x', 'do without'],
  ['/var/log/jupyter.log', '`/var/log/jupyter.log`'],
])('what to do about %s depends on where it lies', (path, words) => {
  expect(refusedAt(path, '/home/jovyan')).toContain(words);
});
