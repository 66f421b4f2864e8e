import { expect, test } from 'vitest';
import { parseChallenges, readChallenge } from '../../../registry/challenge.ts';

function read(header: string): ReturnType<typeof readChallenge> {
  return readChallenge(new Headers({ 'www-authenticate': header }));
}

test('a bearer challenge is read with commas and quotes inside its values', () => {
  const header = 'Bearer realm="https://a.example/t",service="a \\"b\\"",scope="repository:x:pull,push"';
  expect(read(header)).toEqual({
    kind: 'bearer',
    realm: 'https://a.example/t',
    service: 'a "b"',
    scope: 'repository:x:pull,push',
  });
});

test('schemes and names may be of any case, values unquoted, with spaces around', () => {
  expect(read('bEARER  Realm = https://a.example/t , Service=s')).toEqual({
    kind: 'bearer',
    realm: 'https://a.example/t',
    service: 's',
    scope: undefined,
  });
});

test('of several challenges in one line, bearer wins over basic', () => {
  expect(read('Basic realm="x", Bearer realm="https://a.example/t"')).toMatchObject({ kind: 'bearer' });
  expect(
    parseChallenges('Negotiate, Basic realm="x", Bearer realm="y",scope="z"').map((c) => c.scheme),
  ).toEqual(['negotiate', 'basic', 'bearer']);
});

test('the first of two parameters of one name counts', () => {
  expect(read('Bearer realm="https://a.example/t",realm="https://b.example/t"')).toMatchObject({
    realm: 'https://a.example/t',
  });
});

test.each(['', 'Negotiate', 'Bearer service="s"', '"', ', ,', 'Bearer realm="open'])(
  '%o is no challenge that can be answered',
  (header) => {
    expect(read(header)).toBeUndefined();
  },
);

test('basic is known by its name alone', () => {
  expect(read('Basic')).toEqual({ kind: 'basic' });
});
