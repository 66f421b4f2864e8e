import { describe, expect, it } from 'vitest';
import { misleadingFlag } from '../../../src/smoke/contract/singleuser/s4-binds-service-url.ts';
import { isRoot } from '../../../src/smoke/contract/singleuser/start-cause.ts';

describe('a CMD that leads the hub astray', () => {
  it.each([
    ['--ServerApp.port=9999', ['jupyterhub-singleuser', '--ServerApp.port=9999']],
    ['--port', ['start-notebook.py', '--port', '9999']],
    ['--ip=127.0.0.1', ['/usr/local/bin/start-singleuser.sh', '--ip=127.0.0.1']],
    ['--port=9999', ['/bin/sh', '-c', 'jupyterhub-singleuser --port=9999']],
    ['--port=9998', ['ksh', '-c', 'jupyterhub-singleuser --port=9998']],
    ['--port', ['bash', '-lc', 'cd /work && TZ=UTC exec start-notebook.sh --port "9999"']],
  ])('has %s', (flag, cmd) => {
    expect(misleadingFlag(cmd)).toBe(flag);
  });

  it.each([
    ['another program’s', ['jupyter', 'lab', '--port=9999']],
    ['what the hub asks for anyway', ['jupyterhub-singleuser', '--ip=0.0.0.0', '--port=8888']],
    ['no such thing', ['start-notebook.sh', '--ServerApp.root_dir=/work']],
    ['nothing at all', []],
    ['another program’s in a shell', ['/bin/sh', '-c', 'jupyter lab --port=9999']],
    ['a shell alone', ['/bin/sh', '-c']],
    ['a value between quotes', ['/bin/sh', '-c', "jupyterhub-singleuser --ip '0.0.0.0'"]],
  ])('does not where it has %s', (_, cmd) => {
    expect(misleadingFlag(cmd)).toBeUndefined();
  });
});

it.each([
  ['', true],
  ['root', true],
  ['0', true],
  ['0:100', true],
  ['root:users', true],
  ['1000', false],
  ['jovyan:users', false],
  ['01', false],
])('takes USER %j for root: %s', (user, expected) => {
  expect(isRoot(user)).toBe(expected);
});
