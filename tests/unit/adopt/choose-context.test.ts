/** In which folder a Dockerfile was meant to be built. */
import { describe, expect, it } from 'vitest';
import { chooseContext, copiedSources } from '../../../src/adopt/choose-context.ts';
import { parseDockerfile } from '../../../src/graph/dockerfile.ts';
import type { ParsedDockerfile } from '../../../src/graph/parsed-dockerfile.ts';

function dockerfile(lines: string, file = 'a/b/Dockerfile'): ParsedDockerfile {
  const parsed = parseDockerfile(`FROM debian:13 AS first\n${lines}\n`, file);
  if (!parsed.ok) throw new Error('not a Dockerfile');
  return parsed.value;
}

const choose = (lines: string, ...files: readonly string[]): ReturnType<typeof chooseContext> =>
  chooseContext(dockerfile(lines), (file) => Promise.resolve(files.includes(file)));

describe('what is copied', () => {
  it.each([
    ['COPY a b/ c.txt /x/', ['a', 'b', 'c.txt']],
    ['COPY --chown=1:1 --link ["a b", "/x"]', ['a b']],
    ['COPY "a" /x', ['a']],
    ['ADD ../a /x', ['a']],
    ['COPY conf/*.json apt.tx[t] /x/', ['conf']],
    ['COPY . /x', []],
    ['COPY --from=first a /x', []],
    ['ADD https://example.org/a git@example.org:a.git /x', []],
    ['COPY $WHAT/a /x', []],
    ['COPY <<EOF /x\nhello\nEOF', []],
    ['RUN --mount=type=bind,source=a,target=/x --mount=type=cache,target=/c true', ['a']],
    ['RUN --mount=type=bind,source="a.py",target=/x true', ['a.py']],
    ['RUN --mount=type=bind,from=first,source=a,target=/x --mount=type=secret,id=s true', []],
  ])('%s', (lines, sources) => {
    expect(copiedSources(dockerfile(lines))).toEqual(sources);
  });
});

describe('the context', () => {
  it('is the Dockerfile’s own folder where that has everything', async () => {
    expect(await choose('COPY f /x', 'a/b/f', 'f')).toEqual({ context: 'a/b', missing: [] });
    expect(await choose('RUN true')).toEqual({ context: 'a/b', missing: [] });
  });

  it('is the nearest folder above that has everything', async () => {
    expect(await choose('COPY f b/g /x/', 'a/f', 'a/b/g', 'f')).toEqual({ context: 'a', missing: [] });
    expect(await choose('COPY a/b/f shared /x/', 'a/b/f', 'shared')).toEqual({ context: '.', missing: [] });
  });

  it('is the one that lacks least, and what it lacks is told', async () => {
    expect(await choose('COPY f made /x/', 'a/f')).toEqual({ context: 'a', missing: ['made'] });
    expect(await choose('COPY made /x/')).toEqual({ context: 'a/b', missing: ['made'] });
  });
});
