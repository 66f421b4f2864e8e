import { describe, expect, test } from 'vitest';
import { digestOf, isDigest, matchesDigest } from '../../../registry/digest.ts';
import {
  formatFamiliar,
  formatReference,
  isValidRegistry,
  isValidRepository,
  isValidTag,
  parseReference,
  withDigest,
  withTag,
  type Reference,
} from '../../../registry/reference.ts';

const DIGEST = digestOf('something');

function parsed(text: string): Reference {
  const result = parseReference(text);
  if (result.kind !== 'reference') throw new Error(`${text}: ${result.message}`);
  return result;
}

function refusal(text: string): string {
  const result = parseReference(text);
  if (result.kind !== 'invalid-reference') throw new Error(`${text} was taken as ${formatReference(result)}`);
  return result.message;
}

describe('what people write', () => {
  test.each([
    ['debian', 'docker.io/library/debian', 'debian'],
    ['debian:trixie-slim', 'docker.io/library/debian:trixie-slim', 'debian:trixie-slim'],
    ['docker.io/debian', 'docker.io/library/debian', 'debian'],
    ['docker.io/library/debian', 'docker.io/library/debian', 'debian'],
    ['index.docker.io/jupyter/base', 'docker.io/jupyter/base', 'jupyter/base'],
    ['jupyter/base:1', 'docker.io/jupyter/base:1', 'jupyter/base:1'],
    ['library/a/b', 'docker.io/library/a/b', 'library/a/b'],
    ['docker.io/localhost/x', 'docker.io/localhost/x', 'docker.io/localhost/x'],
    ['docker.io/a.b/x', 'docker.io/a.b/x', 'docker.io/a.b/x'],
    [
      'quay.io/jupyter/minimal-notebook',
      'quay.io/jupyter/minimal-notebook',
      'quay.io/jupyter/minimal-notebook',
    ],
    ['localhost/x', 'localhost/x', 'localhost/x'],
    ['localhost:5000/x:1', 'localhost:5000/x:1', 'localhost:5000/x:1'],
    ['registry:5000/a/b', 'registry:5000/a/b', 'registry:5000/a/b'],
    ['registry/a', 'docker.io/registry/a', 'registry/a'],
    ['[::1]:5000/x', '[::1]:5000/x', '[::1]:5000/x'],
    ['Host.Example/x', 'Host.Example/x', 'Host.Example/x'],
    ['a__b/c--d', 'docker.io/a__b/c--d', 'a__b/c--d'],
    [`x@${DIGEST}`, `docker.io/library/x@${DIGEST}`, `x@${DIGEST}`],
    [`h:1/x:t@${DIGEST}`, `h:1/x:t@${DIGEST}`, `h:1/x:t@${DIGEST}`],
  ])('%s is %s', (text, whole, familiar) => {
    const reference = parsed(text);
    expect(formatReference(reference)).toBe(whole);
    expect(formatFamiliar(reference)).toBe(familiar);
    expect(parseReference(whole)).toEqual(reference);
    expect(parseReference(familiar)).toEqual(reference);
  });

  test('no tag and no digest are invented', () => {
    expect(parsed('quay.io/a/b')).toEqual({
      kind: 'reference',
      registry: 'quay.io',
      repository: 'a/b',
      familiarName: 'quay.io/a/b',
    });
  });

  test('a tag and a digest replace each other', () => {
    const reference = parsed(`h:1/x:t@${DIGEST}`);
    expect(formatReference(withTag(reference, 'u'))).toBe('h:1/x:u');
    expect(formatReference(withDigest(parsed('h:1/x:t'), DIGEST))).toBe(`h:1/x@${DIGEST}`);
    expect(() => withTag(reference, '-u')).toThrow('not a tag');
  });
});

describe('what is refused', () => {
  test.each([
    ['', 'must not be empty'],
    ['a b', 'white space'],
    ['https://quay.io/a', 'no scheme'],
    ['x:', 'no tag after it'],
    ['x:-1', 'is not a tag'],
    ['x:a/b:', 'no tag after it'],
    [`x:${'t'.repeat(129)}`, 'has 129 characters; 128 are allowed'],
    ['x@sha256:abc', 'is not a digest'],
    [`x@${DIGEST.toUpperCase()}`, 'is not a digest'],
    [`x@md5:${'0'.repeat(32)}`, 'is not a digest'],
    [DIGEST, 'image ID'],
    [DIGEST.slice('sha256:'.length), 'image ID'],
    ['Debian', 'lower case: write `debian`'],
    ['quay.io/Jupyter/Base', 'lower case: write `jupyter/base`'],
    ['Jupyter/base', 'lower case: write `jupyter/base`'],
    ['quay.io/', 'repository is missing'],
    ['/x', 'is not a repository'],
    ['a//b', 'is not a repository'],
    ['a/', 'is not a repository'],
    ['a/../b', 'is not a repository'],
    ['.a', 'is not a repository'],
    ['a___b', 'is not a repository'],
    ['-f', 'is not a repository'],
    ['ho_st:5000/x', 'is not a registry'],
    ['host:99999/x', 'is not a registry'],
    ['host:port/x', 'is not a registry'],
    ['x'.repeat(260), 'characters; 255 are allowed'],
    [`quay.io/${'x'.repeat(250)}`, 'characters together; 255 are allowed'],
    ['x'.repeat(2000), 'too long'],
  ])('%s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  test('the offending text is cut in messages', () => {
    const result = parseReference(`x:${'?'.repeat(900)}`);
    expect(result.kind === 'invalid-reference' && result.text.length).toBe(120);
  });
});

describe('the parts', () => {
  test('tags', () => {
    expect([isValidTag('_a.B-1'), isValidTag('x'.repeat(128)), isValidTag('.a'), isValidTag('a\n')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('repositories', () => {
    expect([isValidRepository('a/b_c'), isValidRepository('a/B'), isValidRepository('')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('registries', () => {
    expect([isValidRegistry('localhost:0'), isValidRegistry('localhost:1'), isValidRegistry('a..b')]).toEqual(
      [false, true, false],
    );
  });

  test('digests are those of the bytes', () => {
    // The digest of no bytes, as `sha256sum </dev/null` prints it.
    expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const sha512 = `sha512:${'0'.repeat(128)}`;
    expect(isDigest(sha512) && matchesDigest(Buffer.from(''), sha512)).toBe(false);
    expect(matchesDigest(Buffer.from('something'), DIGEST)).toBe(true);
    expect(matchesDigest(Buffer.from('something else'), DIGEST)).toBe(false);
    expect(isDigest(`${DIGEST}\n`)).toBe(false);
  });
});
