/** When two images are the same to those who use them. */
import { describe, expect, test } from 'vitest';
import { differenceOf } from '../../../src/nightly/compare.ts';
import type { Contents } from '../../../src/nightly/contents.ts';
import {
  isPassing,
  isPassingLabel,
  normalText,
  packageOfMetadata,
  packagesOfDpkg,
  textRoleOf,
} from '../../../src/nightly/normal-form.ts';

function contents(parts: Partial<Record<keyof Contents, Readonly<Record<string, string>>>>): Contents {
  const map = (name: keyof Contents): ReadonlyMap<string, string> =>
    new Map(Object.entries(parts[name] ?? {}));
  return { packages: map('packages'), files: map('files'), config: map('config') };
}

test('equal contents have no difference, in whatever order they were read', () => {
  const one = contents({ packages: { a: '1', b: '2' }, files: { x: 'h', y: 'i' } });
  const other = contents({ packages: { b: '2', a: '1' }, files: { y: 'i', x: 'h' } });
  expect(differenceOf(one, other)).toBeUndefined();
});

test('packages tell from and to, files are counted, configuration is named', () => {
  const before = contents({
    packages: { 'pkg:deb/curl': '8.14', 'pkg:deb/gone': '1' },
    files: { 'usr/bin/curl': 'a', same: 's', old: 'o' },
    config: { user: '1000', 'env PATH': '/bin' },
  });
  const after = contents({
    packages: { 'pkg:deb/curl': '8.15', 'pkg:pypi/new': '2' },
    files: { 'usr/bin/curl': 'b', same: 's', fresh: 'f' },
    config: { user: '0', 'env PATH': '/bin' },
  });
  expect(differenceOf(before, after)).toEqual({
    packages: [
      { name: 'pkg:deb/curl', from: '8.14', to: '8.15' },
      { name: 'pkg:deb/gone', from: '1', to: undefined },
      { name: 'pkg:pypi/new', from: undefined, to: '2' },
    ],
    config: ['user'],
    files: { count: 3, examples: ['fresh', 'old', 'usr/bin/curl'] },
  });
});

describe('what says only when and where an image was made', () => {
  test.each([
    'var/log/dpkg.log',
    'var/cache/apt/pkgcache.bin',
    'var/lib/apt/lists/x_Packages',
    'usr/lib/python3/site-packages/x/__pycache__/y.cpython-313.pyc',
    'usr/lib/x.pyc',
    'home/jovyan/.cache/pip/x',
    'etc/ld.so.cache',
    'etc/shadow-',
    'tmp/x',
    'srv/course.git/objects/pack/pack-1.pack',
  ])('is passed over: %s', (path) => expect(isPassing(path)).toBe(true));

  test.each([
    'usr/bin/curl',
    'var/lib/dpkg/status',
    'var/lib/dpkg/info/curl.list',
    'etc/passwd',
    'srv/course.git/HEAD',
    'srv/course.git/refs/heads/main',
    'opt/logs/file',
    'usr/lib/python3/x.py',
  ])('is no part of it: %s', (path) => expect(isPassing(path)).toBe(false));

  test('labels of the day and the commit, not those that say what it is', () => {
    const names = ['hubwright.key', 'org.opencontainers.image.created', 'org.opencontainers.image.revision'];
    expect(names.filter(isPassingLabel)).toEqual(names);
    expect(['maintainer', 'org.opencontainers.image.title', 'hubwrights'].filter(isPassingLabel)).toEqual([]);
  });

  test('the day of a password, and the byte code that a record lists', () => {
    expect(normalText('shadow', 'root:*:20400:0:99999:7:::\njovyan:!:20401:0::::\n')).toBe(
      normalText('shadow', 'root:*:20390:0:99999:7:::\njovyan:!:20391:0::::\n'),
    );
    expect(normalText('shadow', 'root:*:1:0::::\n')).not.toBe(normalText('shadow', 'root:x:1:0::::\n'));
    const record = 'a.py,sha256=1,2\n__pycache__/a.cpython-313.pyc,,\na-1.dist-info/INSTALLER,sha256=3,4\n';
    expect(normalText('python-record', record)).toBe('a.py,sha256=1,2');
  });
});

describe('packages', () => {
  test('of dpkg: those that are installed, with their architecture', () => {
    const status = `Package: curl
Status: install ok installed
Architecture: amd64
Version: 8.14.1-2
Description: get a file
 Version: 0 of the text

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: distroless
Version: 3
`;
    expect(packagesOfDpkg(status)).toEqual([
      { name: 'pkg:deb/curl?arch=amd64', version: '8.14.1-2' },
      { name: 'pkg:deb/distroless', version: '3' },
    ]);
  });

  test('of Python: by their normal names, from the head of METADATA', () => {
    expect(
      packageOfMetadata('Metadata-Version: 2.4\nName: Jupyter_Server.x\nVersion: 2.1\n\nVersion: 9\n'),
    ).toEqual({
      name: 'pkg:pypi/jupyter-server-x',
      version: '2.1',
    });
    expect(packageOfMetadata('nothing')).toBeUndefined();
    expect(textRoleOf('usr/lib/python3/dist-packages/x-1.dist-info/METADATA')).toBe('python-metadata');
    expect(textRoleOf('usr/share/METADATA')).toBeUndefined();
  });
});
