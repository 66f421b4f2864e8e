/** What is told of roots that nobody can tell the digest of; the registry is a port where nobody listens. */
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../../registry/client.ts';
import type { Root } from '../../../src/matrix/image-set.ts';
import { readLocalRecord } from '../../../src/plan/local-record.ts';
import { resolveRoots } from '../../../src/plan/resolve-roots.ts';
import { patience } from '../../rig/engine.ts';
import { freePort } from '../../rig/free-port.ts';

const span = { file: 'matrix.yaml', line: 2, column: 3, length: 1, text: '  a: x' };

function root(name: string, from: string, suite?: string): [string, Root] {
  const bootstrap = suite === undefined ? undefined : { debian: suite };
  return [name, { name, from, digest: undefined, bootstrap, span }];
}

test('a registry that cannot be reached is told once, with all roots that lack for it', async () => {
  const host = `localhost:${await freePort()}`;
  const registry = createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    retry: { attempts: 1 },
  });
  const roots = new Map([
    root('spark', `${host}/spark:3`),
    root('python', `${host}/python:3.12`),
    root('debian', `${host}/debian:trixie`, 'trixie'),
  ]);
  const resolved = await resolveRoots(roots, readLocalRecord([]), registry, patience());
  const told = resolved.errors.map(({ message, help, span: place }) => ({ message, help, place }));
  expect(told).toEqual([
    {
      message: expect.stringMatching(
        /^the root `debian` \(`localhost:\d+\/debian:trixie`\) can't be found: /,
      ),
      help: expect.stringContaining('`build images --setup` makes it from Debian’s packages'),
      place: span,
    },
    {
      message: expect.stringMatching(
        /^the roots `python` \(`localhost:\d+\/python:3\.12`, matrix\.yaml:\d+\), `spark` \(`localhost:\d+\/spark:3`, matrix\.yaml:\d+\) can't be found: localhost:\d+/,
      ),
      help: 'check the names and the network, or write their digests into matrix.lock with `build lock` where they can be reached',
      place: undefined,
    },
  ]);
});
