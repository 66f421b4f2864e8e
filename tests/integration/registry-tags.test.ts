/** Lists of tags over many pages, good and bad ones. */
import { describe, expect, test } from 'vitest';
import { startRig } from '../rig/fault-client.ts';
import type { Fault } from '../rig/fault-registry.ts';

const signal = new AbortController().signal;

const page =
  (tags: readonly string[] | null, link?: string): Fault =>
  (_request, response) => {
    response.writeHead(200, link === undefined ? {} : { link });
    response.end(JSON.stringify({ name: 'base', tags }));
  };

describe('lists of tags', () => {
  test('are read page by page, also when a page is short, empty or repeats tags', async () => {
    await using rig = await startRig();
    rig.registry.fail(/tags\/list\?n=1000$/, page(['b', 'a'], '</v2/base/tags/list?last=b&n=2>; rel="next"'));
    rig.registry.fail(/last=b/, page([], `<http://${rig.registry.host}/v2/base/tags/list?last=c>; rel=next`));
    rig.registry.fail(/last=c/, page(null, '<?last=d>; rel="prev next", </x>; rel="first"'));
    rig.registry.fail(/last=d/, page(['b', 'B', '../bad', '10', '9'], '</x>; rel="first"'));
    const outcome = await rig.client.listTags(rig.target, signal);
    expect(outcome).toEqual({ kind: 'found', tags: ['10', '9', 'B', 'a', 'b'] });
  });

  test.each<[string, Fault]>([
    ['that go round in a circle', page(['a'], '</v2/base/tags/list?n=1000>; rel="next"')],
    ['that lead to another host', page(['a'], '<http://elsewhere.invalid/v2/base/tags/list>; rel="next"')],
    ['that are no JSON', (_, response) => response.end('tags') && true],
    ['whose second page is missing', page(['a'], '</v2/nothing>; rel="next"')],
  ])('%s fail', async (_name, fault) => {
    await using rig = await startRig();
    rig.registry.fail(/tags\/list/, fault, 100);
    expect((await rig.client.listTags(rig.target, signal)).kind).toBe('failed');
  });

  test('without end are given up', async () => {
    await using rig = await startRig();
    let last = 0;
    rig.registry.fail(
      /tags\/list/,
      (request, response, path) => {
        last += 1;
        return page([`t${last}`], `</v2/base/tags/list?last=${last}>; rel="next"`)(request, response, path);
      },
      1_000_000,
    );
    const outcome = await rig.client.listTags(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
  });
});
