import { expect, test } from 'vitest';
import { earlierError, lastComplaint, lastError } from '../../../src/smoke/last-error.ts';

const traceback = `[E 2026-11-26 14:43:46.146 ServerApp] Unhandled error
    Traceback (most recent call last):
      File "/usr/lib/python3.13/pathlib/_local.py", line 724, in mkdir
        os.mkdir(self, mode)
    PermissionError: [Errno 13] Permission denied: '/opt/share'
[E 2026-11-26 14:43:46.147 ServerApp] {
      "Host": "192.168.64.2:8888"
    }
[E 2026-11-26 14:43:46.148 ServerApp] 500 POST /user/student/api/kernels (student@192.168.64.1) 4.74ms
[I 2026-11-26 14:43:47.223 ServerApp] 200 GET /user/student/api (@192.168.64.1) 0.84ms`;

test('the error that was raised is found among headers, requests and what came later', () => {
  expect(lastError(traceback)).toBe("PermissionError: [Errno 13] Permission denied: '/opt/share'");
});

test('an interpreter that cannot begin counts before what follows from that', () => {
  const dead =
    "Fatal Python error: Failed to import encodings module\nModuleNotFoundError: No module named 'encodings'";
  expect(lastError(`${dead}\nAttributeError: 'NoneType' object has no attribute 'x'`)).toBe(
    'Fatal Python error: Failed to import encodings module',
  );
});

test('an error that was only logged is found as well', () => {
  const log = `[E 2026-11-26 ServerApp] Exception in callback\n[C 2026-11-26 ServerApp] received signal 15, stopping`;
  expect(lastError(log)).toBe('[E 2026-11-26 ServerApp] Exception in callback');
});

test.each([
  '',
  '[I 2026-11-26 ServerApp] 200 GET /api',
  '/x.py:5: DeprecationWarning: old',
  'Error handling is on',
])('there is none in %j', (log) => {
  expect(lastError(log)).toBeUndefined();
});

const mariadb = `2026-11-27 18:29:15 0 [Warning] failed to retrieve the MAC address
\u0007/usr/sbin/mariadbd: Character set 'utf-8' is not a compiled character set
2026-11-27 18:29:15 0 [ERROR] Aborting
Installation of system tables failed!
    shell> /usr/sbin/mariadbd --skip-grant-tables --general-log &
Please check all of the above at https://mariadb.org/jira`;

test.each([
  [mariadb, "/usr/sbin/mariadbd: Character set 'utf-8' is not a compiled character set"],
  [
    '2026-11-27T18:29:15.1Z 0 [ERROR] [Server] unknown variable x\n2026-11-27T18:29:15.2Z 0 [ERROR] Aborting',
    'unknown variable',
  ],
  ['2026-11-27 18:29:15 0 [ERROR] Could not open mysql.plugin table', 'mysql.plugin'],
  [
    'epoch 6 : x : nfs-ganesha-7[main] __Register_program :DISP :MAJ :Cannot register NFS V3 on TCP\n' +
      'epoch 6 : x : nfs-ganesha-7[main] gsh_backtrace :NFS STARTUP :MAJ :stack backtrace follows:\n' +
      '/usr/lib/ganesha/libganesha_nfsd.so.6.5(+0x88256) [0x7f42]\nganesha.nfsd(_start+0x21) [0x5606]',
    'Cannot register NFS V3',
  ],
  ['welcome\n/usr/local/bin/entry.sh: line 2: cd: /srv/x: No such file\nbye', '/srv/x'],
])('what other programs complain of is found, without the advice that follows: %j', (log, expected) => {
  expect(lastComplaint(log)).toContain(expected);
});

test.each([traceback, '/x.py:5: DeprecationWarning: old', '/usr/bin/x: warning: old', 'see /usr/bin/x: y'])(
  'nobody complains in %j',
  (log) => {
    expect(lastComplaint(log)).toBeUndefined();
  },
);

test('the error that led to the last is found before it, by the end of its traceback', () => {
  const log = `${traceback}\n[E 2026-11-26 JupyterHub] proxy is gone\n[C 2026-11-26 JupyterHub] Failed to start proxy`;
  const ended = log.replace('PermissionError: [Errno 13]', 'OSError: [Errno 5]');
  expect(earlierError(`[E 2026-11-26 JupyterHub] no route\n${ended}`)).toBe(
    '[E 2026-11-26 JupyterHub] no route',
  );
  expect(lastError(ended)).toContain('OSError');
  expect(earlierError('[E 2026 x] first\n[I 2026 x] well\n[C 2026 x] last')).toBe('[E 2026 x] first');
});

test.each(['', traceback, '[C 2026-11-26 JupyterHub] alone'])('there is no earlier one in %j', (log) => {
  expect(earlierError(log)).toBeUndefined();
});
