/** Holds what documents say of other files: links, their anchors, and decisions by number. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const committed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
}).split('\n');
const documents = committed.filter((file) => file.endsWith('.md') && existsSync(path.join(root, file)));
const decisions = documents.filter((file) => /^docs\/decisions\/\d{4}-/.test(file));

/** A document's text without what stands in blocks of code. */
function textOf(file: string): string {
  return readFileSync(path.join(root, file), 'utf8').replace(/^```.*?^```/gms, '');
}

/** The anchors that GitHub makes of headings: letters, digits, `-` and `_`; the second of a name gets `-1`. */
function anchorsOf(file: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of textOf(file).matchAll(/^#+ +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}\-_ ]/gu, '').replaceAll(' ', '-');
    let at = anchor;
    for (let count = 1; anchors.has(at); count += 1) at = `${anchor}-${count}`;
    anchors.add(at);
  }
  return anchors;
}

function commentsOf(text: string): string {
  return [...text.matchAll(/\/\*\*?.*?\*\/|\/\/[^\n]*/gs)].map(([comment]) => comment).join('\n');
}

interface Link {
  readonly from: string;
  readonly written: string;
  readonly file: string;
  readonly anchor: string | undefined;
}

const links = documents.flatMap((from) =>
  [...textOf(from).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, written = '']): readonly Link[] => {
    if (/^[a-z]+:/.test(written)) return [];
    const [file = '', anchor] = written.split('#');
    return [{ from, written, file: file === '' ? from : path.join(path.dirname(from), file), anchor }];
  }),
);

describe('a link in a document', () => {
  it('is found at all', () => {
    expect(links.length).toBeGreaterThan(100);
  });

  it('leads to a file that is committed', () => {
    const lost = links.filter(({ file }) => !committed.includes(file.replace(/\/$/, '')));
    expect(lost.map(({ from, written }) => `${from}: ${written}`)).toEqual([]);
  });

  it('leads to a heading that is there', () => {
    const lost = links.filter(
      ({ file, anchor }) => anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor),
    );
    expect(lost.map(({ from, written }) => `${from}: ${written}`)).toEqual([]);
  });
});

describe('a path of a document that is named elsewhere', () => {
  it('is there', () => {
    const named = committed
      .filter((file) => /^(?:registry|src|tests|docs|[A-Z]+\.md|build\.ts|\.ci)/.test(file))
      .filter((file) => /\.(?:ts|md|sh|yaml)$/.test(file) && existsSync(path.join(root, file)))
      .flatMap((from) =>
        [...readFileSync(path.join(root, from), 'utf8').matchAll(/\bdocs\/[\w/.-]+\.md\b/g)].map(
          ([written]) => ({ from, written }),
        ),
      );
    expect(named.length).toBeGreaterThan(20);
    const lost = named.filter(({ written }) => !committed.includes(written));
    expect(lost.map(({ from, written }) => `${from}: ${written}`)).toEqual([]);
  });
});

describe('a module that a document or a comment names', () => {
  const names = new Set(committed.map((file) => path.basename(file)));

  it('is there', () => {
    const named = committed
      .filter((file) => /\.(?:ts|md)$/.test(file) && existsSync(path.join(root, file)))
      .flatMap((from) => {
        const text = readFileSync(path.join(root, from), 'utf8');
        const told = from.endsWith('.md') ? text : commentsOf(text);
        return [...told.matchAll(/(?<![\w/.*-])\w[\w./-]*\.ts\b/g)].map(([written]) => ({
          from,
          written,
        }));
      });
    expect(named.length).toBeGreaterThan(20);
    const lost = named.filter(({ written }) =>
      /^(?:registry|src|tests)\//.test(written)
        ? !committed.includes(written)
        : !names.has(path.basename(written)),
    );
    expect(lost.map(({ from, written }) => `${from}: ${written}`)).toEqual([]);
  });
});

describe('each decision', () => {
  it('stands in the list, with its number and its title', () => {
    const listed = textOf('docs/decisions/README.md')
      .split('\n')
      .filter((line) => /^\d+\. /.test(line));
    const wanted = decisions.map((file) => {
      const number = Number(path.basename(file).slice(0, 4));
      const title = /^# \d+\. (.+)$/m.exec(textOf(file))?.[1] ?? '';
      return `${number}. [${title}](${path.basename(file)})`;
    });
    expect(listed).toEqual(wanted);
  });
});
