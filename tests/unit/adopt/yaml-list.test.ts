/** An entry more and an entry less in YAML lists of every style: what changed, and that nothing else did. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { appendEntry, removeEntry } from '../../../src/adopt/yaml-list.ts';
import type { Entry } from '../../../src/adopt/yaml-entry.ts';

const entry: Entry = new Map<string, string | boolean>([
  ['name', 'new'],
  ['repo', 'https://git.example.org/new.git'],
  ['clone', true],
]);

/** Each text with the lines (or the piece of a line) that an entry adds to it. */
const styles: Readonly<Record<string, { readonly before: string; readonly after: string }>> = {
  'lines, with comments everywhere': {
    before:
      '# head\n- name: a   # one\n  repo: "https://x/a"\n  # ref: main\n\n# about b\n- name: b\n  repo: "https://x/b" # tail\n  # deep\n# end\n',
    after:
      '# head\n- name: a   # one\n  repo: "https://x/a"\n  # ref: main\n\n# about b\n- name: b\n  repo: "https://x/b" # tail\n  # deep\n\n- name: new\n  repo: "https://git.example.org/new.git"\n  clone: true\n# end\n',
  },
  'lines with a wide and indented dash': {
    before: "  -   name: 'a'\n      repo: x\n",
    after:
      "  -   name: 'a'\n      repo: x\n  -   name: 'new'\n      repo: https://git.example.org/new.git\n      clone: true\n",
  },
  'lines ended by CR and LF': {
    before: '- name: a\r\n  repo: x\r\n',
    after:
      '- name: a\r\n  repo: x\r\n- name: new\r\n  repo: https://git.example.org/new.git\r\n  clone: true\r\n',
  },
  'lines without a last line feed': {
    before: '- name: a\n  repo: x',
    after: '- name: a\n  repo: x\n- name: new\n  repo: https://git.example.org/new.git\n  clone: true',
  },
  'braces, one entry a line': {
    before: '---\n- { name: a, repo: "https://x/a", }  # first\n- {name: b, repo: "x"} # second\n...\n',
    after:
      '---\n- { name: a, repo: "https://x/a", }  # first\n- {name: b, repo: "x"} # second\n- {name: new, repo: "https://git.example.org/new.git", clone: true}\n...\n',
  },
  'brackets on one line': {
    before: '[{ name: a, repo: x }, { name: b, repo: y }] # all\n',
    after:
      '[{ name: a, repo: x }, { name: b, repo: y }, { name: new, repo: https://git.example.org/new.git, clone: true }] # all\n',
  },
  'brackets on many lines': {
    before: '[\n  { name: a, repo: x }, # one\n  { name: b, repo: y } # two\n]\n',
    after:
      '[\n  { name: a, repo: x }, # one\n  { name: b, repo: y }, # two\n  { name: new, repo: https://git.example.org/new.git, clone: true }\n]\n',
  },
  'brackets on many lines, the last with a comma': {
    before: '[\n  { name: a, repo: x }, # one\n]\n',
    after:
      '[\n  { name: a, repo: x }, # one\n  { name: new, repo: https://git.example.org/new.git, clone: true },\n]\n',
  },
  'a text block as the last value': {
    before: '- name: a\n  repo: |\n    x\n    y\n\n\n# end\n',
    after:
      '- name: a\n  repo: |\n    x\n    y\n- name: new\n  repo: https://git.example.org/new.git\n  clone: true\n\n\n# end\n',
  },
  'an entry below its dash': {
    before: '-\n  # hm\n  name: a\n-\n  name: b\n',
    after:
      '-\n  # hm\n  name: a\n-\n  name: b\n- name: new\n  repo: https://git.example.org/new.git\n  clone: true\n',
  },
  'a byte order mark': {
    before: '\uFEFF- name: a\n',
    after: '\uFEFF- name: a\n- name: new\n  repo: https://git.example.org/new.git\n  clone: true\n',
  },
};

function edited(result: ReturnType<typeof appendEntry>): string {
  if (result.kind !== 'edited') throw new Error(result.kind);
  return result.text;
}

describe.each(Object.entries(styles))('%s', (_, { before, after }) => {
  it('is continued in its own style', () => {
    expect(edited(appendEntry(before, entry))).toBe(after);
    // Text from this very file, parsed by a library that knows no types.
    expect(parse(after.replace('\uFEFF', ''))).toEqual([
      ...(parse(before.replace('\uFEFF', '')) as unknown[]),
      Object.fromEntries(entry),
    ]);
  });

  it('has every entry taken out again, and nothing else', () => {
    const names = (parse(after.replace('\uFEFF', '')) as { name: string }[]).map(({ name }) => name);
    for (const name of names) {
      const rest = edited(removeEntry(after, name));
      const left = parse(rest.replace('\uFEFF', '')) as { name: string }[];
      expect(left.map((each) => each.name)).toEqual(names.filter((each) => each !== name));
      const kept = rest
        .split('\n')
        .filter((line) => !after.replace('\uFEFF', '').split('\n').includes(line.replace('\uFEFF', '')));
      // Of a list in brackets, the line before may lose its comma; one on one line is changed itself.
      expect(kept.length, rest).toBeLessThanOrEqual(after.includes('[') ? 1 : 0);
    }
  });
});

describe('what is added last and taken out again', () => {
  it.each(Object.entries(styles).filter(([, { before }]) => !before.includes('# two')))(
    'leaves %s as it was',
    (_, { before, after }) => {
      expect(edited(removeEntry(after, 'new'))).toBe(before);
    },
  );
});

describe('a list of nothing', () => {
  const written = '- name: new\n  repo: https://git.example.org/new.git\n  clone: true\n';

  it.each([
    ['', written],
    ['# courses\n', `# courses\n${written}`],
    ['# courses', `# courses\n${written}`],
    ['# courses\n[]\n', `# courses\n${written}`],
    ['--- []\n', '--- [{ name: new, repo: https://git.example.org/new.git, clone: true }]\n'],
  ])('%j gets its first entry', (before, after) => {
    expect(edited(appendEntry(before, entry))).toBe(after);
  });

  it('remains a list when its last entry goes, with the comments around it', () => {
    expect(edited(removeEntry('# a\n- name: new # b\n  repo: x\n# c\n', 'new'))).toBe('# a\n[]\n# c\n');
    expect(edited(removeEntry('[{ name: new }]\n', 'new'))).toBe('[]\n');
  });
});

describe('values', () => {
  it('get the quotes that YAML needs', () => {
    const tricky: Entry = new Map([
      ['name', '2024'],
      ['ref', 'on: #x, {y}'],
      ['base', 'true'],
    ]);
    for (const before of ['- name: a\n', '- {name: a}\n']) {
      expect(parse(edited(appendEntry(before, tricky)))).toEqual([{ name: 'a' }, Object.fromEntries(tricky)]);
    }
  });
});

describe('what cannot be edited', () => {
  it.each([
    ['a: [', 'not-yaml'],
    ['a: b\n', 'not-a-list'],
  ])('%j is told', (text, kind) => {
    expect(appendEntry(text, entry).kind).toBe(kind);
    expect(removeEntry(text, 'a').kind).toBe(kind);
  });

  it('is an entry that is not there', () => {
    expect(removeEntry('- name: a\n- b\n-\n', 'x').kind).toBe('absent');
    expect(removeEntry('# none\n', 'x').kind).toBe('absent');
  });
});
