/** Commands of our own in texts: told as this process was started. */
import { expect, test } from 'vitest';
import { asStarted, startedAs } from '../../../src/report/own-command.ts';

test.each([
  ['run `build lock`', '../hub/build', 'run `../hub/build lock`'],
  ['`sudo build setup` and `build doctor`', './build', '`sudo ./build setup` and `./build doctor`'],
  [
    'a build plan\nnext: build plan, then build images\n',
    '/b',
    'a build plan\nnext: /b plan, then /b images\n',
  ],
  ['`docker build .` and a build lock, `build`, `build/x`', './build', undefined],
  ['run `build lock`', 'build', undefined],
])('%s, as %s', (text, command, expected) => {
  expect(asStarted(text, command)).toBe(expected ?? text);
});

test.each([
  ['./build', '/usr/bin', './build'],
  ['../hubwright/build', undefined, '../hubwright/build'],
  ['/opt/hubwright/build', '/usr/bin', '/opt/hubwright/build'],
  ['/opt/hubwright/build', '/usr/bin:/opt/hubwright', 'build'],
  ['/usr/local/bin/hubwright', '/usr/local/bin', 'hubwright'],
  ['build', '/usr/bin', './build'],
  ['/home/a b/build', '', "'/home/a b/build'"],
  ["/it's/build", '', String.raw`'/it'\''s/build'`],
  ['./bui\u001Bld', '', 'build'],
  [undefined, '/usr/bin', 'build'],
])('started as %s with %s on PATH', (called, searchPath, expected) => {
  expect(startedAs(called, searchPath)).toBe(expected);
});
