/** Files that are too large, too deep, or no files at all, and text that is not what it looks like: told, and soon. */
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { readFamily } from '../../../src/plan/draw-plan.ts';
import { patience } from '../../rig/engine.ts';
import { told } from '../../rig/matrix-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../../rig/temporary-folder.ts';

const right = {
  'matrix.yaml':
    'images:\n  a: { context: a, kind: custom }\n  c: { context: a, kind: custom, axes: { c: { from: courses.yaml } } }\n',
  'courses.yaml': '- { name: p, repo: "https://example.org/p" }\n',
  'matrix.lock': 'epochs: { a: 2026-11-20 }\n',
  'a/Dockerfile': 'FROM scratch\nCOPY . /\n',
};

/** What reading the family tells, `DIRECTORY` in the place of the folder; fails where it takes a second of the processor. */
async function tell({ path: directory }: TemporaryFolder): Promise<readonly string[]> {
  const before = process.cpuUsage();
  const family = await readFamily(directory, {}, patience());
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000, 'milliseconds').toBeLessThan(1000);
  const diagnostics = family.ok ? family.value.warnings : family.error;
  return diagnostics.map((each) => told(each).replaceAll(directory, 'DIRECTORY'));
}

/** The same, with some files in the place of the right ones. */
async function tellWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> {
  await using folder = await temporaryFolder(right);
  for (const [file, content] of Object.entries(files)) {
    await folder.write(file, '');
    await writeFile(path.join(folder.path, file), content);
  }
  return await tell(folder);
}

const images = (text: string): Readonly<Record<string, string>> => ({
  'matrix.yaml': `images:\n  a: { context: a, kind: custom }\n${text}`,
});

describe('50 MB', () => {
  const large = '# a disk image, perhaps\n'.repeat(2_100_000);
  const help = '(help: at most 4096 KiB are read; is it the file that you mean?)';
  test.each([
    ['matrix.yaml', `unreadable-file: \`matrix.yaml\` is too large: 50.4 MB ${help}`],
    ['courses.yaml', `unreadable-file: \`courses.yaml\` is too large: 50.4 MB ${help}`],
    ['matrix.lock', `unreadable-file: \`matrix.lock\` is too large: 50.4 MB ${help}`],
    [
      'a/Dockerfile',
      'matrix.yaml:2:3 «a» unreadable-dockerfile: `a/Dockerfile` is too large: 50.4 MB (help: at most 1024 KiB are read; is it the file that you mean?)',
    ],
  ])('of %s', async (file, line) => {
    expect(await tellWith({ [file]: large })).toEqual([line]);
  });
});

describe('nested too deeply', () => {
  const help = '(help: look for brackets that are not closed, and for lines that are indented too far)';
  const steps = Array.from({ length: 2500 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');
  test.each([
    ['open brackets', 'matrix.yaml', '['.repeat(100_000)],
    ['open braces', 'matrix.yaml', `images: ${'{a: '.repeat(20_000)}`],
    ['indentation', 'matrix.yaml', steps],
    ['dashes', 'matrix.yaml', `${'- '.repeat(5000)}a\n`],
    ['dashes', 'courses.yaml', `${'- '.repeat(5000)}a\n`],
    ['open braces', 'matrix.lock', `roots: ${'{a: '.repeat(20_000)}`],
  ])('%s in %s', async (_, file, text) => {
    const lines = await tellWith({ [file]: text });
    expect(lines).toEqual([expect.stringMatching(/ invalid-yaml: `\S+` is nested too deeply /)]);
    expect(lines[0]).toContain(`${file}:1:1 `);
    expect(lines[0]).toContain(help);
  });

  test('variables of a Dockerfile', async () => {
    const word = `${'${X:-'.repeat(50_000)}a${'}'.repeat(50_000)}`;
    const lines = await tellWith({ 'a/Dockerfile': `ARG X\nFROM ${word}\n` });
    expect(lines.map((line) => line.replaceAll(/\$\{[^«»`]*/g, '…'))).toEqual([
      'a/Dockerfile:2:6 «…» invalid-reference: `…` is not understood: its variables are nested too deeply (help: a reference is `name:tag`, with the registry before it where it has one)',
    ]);
  });
});

describe('aliases without number', () => {
  test('those that lead nowhere are told, each', async () => {
    const lines = await tellWith(images(`groups: { x: [${'*nobody, '.repeat(400)}] }\n`));
    expect(lines).toHaveLength(400);
    expect(lines[0]).toContain('matrix.yaml:3:15 «*nobody» invalid-yaml: no anchor `&nobody` stands before');
  });

  test('those of one small value are not followed', async () => {
    const aliases = Array.from({ length: 5000 }, (_, index) => `  b${index}: *a\n`).join('');
    const text = `images:\n  a: &a { context: a, kind: custom }\n${aliases}`;
    expect(await tellWith({ 'matrix.yaml': text })).toEqual([
      'matrix.yaml:1003:10 «*a» invalid-yaml: aliases unfold into too many values (help: write out what the aliases stand for)',
    ]);
  });
});

describe('encodings', () => {
  const latin = new Uint8Array([...new TextEncoder().encode('# caf'), 0xe9, 0x0a]);
  const save = 'is not UTF-8 (help: save it as UTF-8)';
  test.each([
    ['matrix.yaml', `unreadable-file: \`matrix.yaml\` ${save}`],
    ['courses.yaml', `unreadable-file: \`courses.yaml\` ${save}`],
    ['matrix.lock', `unreadable-file: \`matrix.lock\` ${save}`],
    ['a/Dockerfile', `matrix.yaml:2:3 «a» unreadable-dockerfile: \`a/Dockerfile\` ${save}`],
  ])('%s in Latin-1', async (file, line) => {
    expect(await tellWith({ [file]: latin })).toEqual([line]);
  });

  test('UTF-16, as some editors save', async () => {
    const text = new Uint8Array(Buffer.from(`\uFEFF${right['matrix.yaml']}`, 'utf16le'));
    expect(await tellWith({ 'matrix.yaml': text })).toEqual([`unreadable-file: \`matrix.yaml\` ${save}`]);
  });

  test('a byte order mark and Windows line ends do no harm in any file', async () => {
    const files = Object.entries(right).map(([file, text]) => [
      file,
      `\uFEFF${text.replaceAll('\n', '\r\n')}`,
    ]);
    expect(await tellWith(Object.fromEntries(files))).toEqual([]);
  });
});

describe('text that is not what it looks like', () => {
  const name = 'lower-case letters and digits, with single `.` or `_`, or `-`, between them';
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'a merge key',
      images('  b: { <<: *x, maxSize: 1GB }\n'),
      [
        'matrix.yaml:3:8 «<<» unknown-key: merge keys (`<<`) are not read (help: write the keys out; an alias may stand for a whole value: `b: *a`)',
        'matrix.yaml:3:12 «*x» invalid-yaml: no anchor `&x` stands before (help: write the value out, or put the anchor at its first use)',
      ],
    ],
    [
      'two anchors of one name',
      images('  b: &x { context: a, kind: custom }\n  d: &x { context: a, kind: hub }\n  e: *x\n'),
      [
        'matrix.yaml:4:9 «{ context: a, kind: hub }» duplicate-anchor: the anchor `&x` stands here twice (note: it was first written here matrix.yaml:3:9 «{ context: a, kind: custom }») (help: give one of them another name)',
      ],
    ],
    [
      'NUL in a name',
      images('  "b\\0": { context: a, kind: custom }\n'),
      [
        `matrix.yaml:3:3 «"b\\0"» invalid-name: \`b\0\` cannot be a definition's name (help: ${name}; its character 2 is U+0000)`,
      ],
    ],
    [
      'NUL in a path',
      images('  b: { context: "b\\0", kind: custom }\n'),
      [
        'matrix.yaml:3:17 «"b\\0"» invalid-path: a path has no backslashes or control characters (help: give a path inside the repository, relative to its root)',
      ],
    ],
    [
      'a name of 300 characters',
      images(`  ${'b'.repeat(300)}: { context: a, kind: custom }\n`),
      [
        `matrix.yaml:3:3 «${'b'.repeat(300)}» invalid-name: \`${'b'.repeat(300)}\` cannot be a definition's name (help: at most 128 characters, it has 300)`,
      ],
    ],
    [
      'a path of 300 characters',
      images(`  b: { context: ${'b'.repeat(300)}, kind: custom }\n`),
      [
        `matrix.yaml:3:17 «${'b'.repeat(300)}» missing-context: the folder \`${'b'.repeat(300)}\` does not exist (help: make it, or correct the path)`,
      ],
    ],
    [
      'a name with a letter that only looks Latin',
      images('  аdmin: { context: a, kind: custom }\n'),
      [
        `matrix.yaml:3:3 «аdmin» invalid-name: \`аdmin\` cannot be a definition's name (help: ${name}; its character 1 is U+0430)`,
      ],
    ],
    [
      'a key with such a letter',
      images('  b: { сontext: a, kind: custom }\n'),
      [
        'matrix.yaml:3:8 «сontext» unknown-key: unknown key `сontext` in `images.b` (help: did you mean `context`?)',
      ],
    ],
    [
      'a reference with such a letter',
      { 'a/Dockerfile': 'FROM debiаn\n' },
      [
        'a/Dockerfile:1:6 «debiаn» invalid-reference: `debiаn` is not an image reference (help: `debiаn` is not a repository: components of lower-case letters and digits, joined by `.`, `_`, `__` or `-`, with `/` between them.)',
      ],
    ],
  ])('%s', async (_, files, lines) => {
    expect(await tellWith(files)).toEqual(lines);
  });
});

describe('what is no file', () => {
  const put = 'put a file in its place';
  test.each([
    ['matrix.yaml', `unreadable-file: \`matrix.yaml\` is a pipe or device, not a file (help: ${put})`],
    ['matrix.lock', `unreadable-file: \`matrix.lock\` is a pipe or device, not a file (help: ${put})`],
  ])('%s as a pipe', async (file, line) => {
    const { [file]: _, ...others } = right as Readonly<Record<string, string>>;
    await using folder = await temporaryFolder(others);
    await execa('mkfifo', [path.join(folder.path, file)]);
    expect(await tell(folder)).toEqual([line]);
  });

  test('matrix.yaml as a folder', async () => {
    await using folder = await temporaryFolder({ 'matrix.yaml/x': '' });
    expect(await tell(folder)).toEqual([
      `unreadable-file: \`matrix.yaml\` is a folder, not a file (help: ${put})`,
    ]);
  });

  test('links that lead back to themselves', async () => {
    await using folder = await temporaryFolder({
      'matrix.yaml': 'images:\n  a: { context: a, kind: custom }\n  b: { context: b, kind: custom }\n',
      'b/x': '',
    });
    await symlink('a', path.join(folder.path, 'a'));
    await symlink('Dockerfile', path.join(folder.path, 'b/Dockerfile'));
    await symlink('matrix.lock', path.join(folder.path, 'matrix.lock'));
    expect(await tell(folder)).toEqual([
      'unreadable-file: `matrix.lock` is a symbolic link that leads back to itself (help: put the file in its place, or a link that ends at one)',
      'matrix.yaml:2:17 «a» missing-context: the folder `a` does not exist (help: make it, or correct the path)',
      'matrix.yaml:3:17 «b» missing-dockerfile: the file `b/Dockerfile` does not exist (help: write it, or say with `dockerfile` where it lies)',
    ]);
  });

  test('files that nobody may read', async () => {
    await using folder = await temporaryFolder(right);
    await execa('chmod', [
      '000',
      path.join(folder.path, 'matrix.lock'),
      path.join(folder.path, 'a/Dockerfile'),
    ]);
    await execa('chmod', ['755', folder.path]);
    // Nothing is unreadable for root.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.('nobody');
    try {
      expect(await tell(folder)).toEqual([
        'unreadable-file: `matrix.lock` cannot be read: its permissions do not allow it (help: make it readable for the user who runs this)',
      ]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});
