import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Browser } from '../../../src/smoke/browser.ts';

const { signal } = new AbortController();
const servers: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Page = (request: IncomingMessage, response: ServerResponse) => void;

/** A browser before one server that answers these paths. */
async function browse(pages: Readonly<Record<string, Page>>): Promise<Browser> {
  const server = createServer((request, response) => {
    const page = pages[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (page === undefined) response.writeHead(404).end();
    else page(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return new Browser([{ prefix: '/', host: '127.0.0.1', port: (server.address() as AddressInfo).port }]);
}

const redirect =
  (location: string, cookies: readonly string[] = []): Page =>
  (_, response) => {
    response.writeHead(302, { location, 'set-cookie': [...cookies] }).end();
  };
const showCookies: Page = (request, response) => {
  response.end(request.headers.cookie ?? 'no cookies');
};

describe('the browser', () => {
  it('keeps no cookie that is meant for another host', async () => {
    const browser = await browse({
      '/a': redirect('/b', ['x=1; Domain=campus.example', 'y=2; Domain=.hubwright.test', 'z=3; Domain=']),
      '/b': showCookies,
    });
    expect((await browser.visit('/a', signal)).answer?.body).toBe('y=2; z=3');
  });

  it('proves with its XSRF cookie, to what a script asks for alone, that the page is the server’s', async () => {
    const browser = await browse({
      '/page': (_, response) => {
        response.writeHead(200, { 'set-cookie': '_xsrf=proof; Path=/' }).end();
      },
      '/proof': ({ headers }, response) => {
        response.end(`${headers['x-xsrftoken'] ?? 'none'} ${headers['sec-fetch-mode']}`);
      },
    });
    await browser.visit('/page', signal);
    expect((await browser.fetch('/proof', signal)).answer?.body).toBe('proof cors');
    expect((await browser.visit('/proof', signal)).answer?.body).toBe('none navigate');
  });

  it('follows redirects and carries cookies to the paths that they are for', async () => {
    const browser = await browse({
      '/user/ada/lab': redirect('/hub/login?next=x', [
        'state=1; Path=/user/ada/; HttpOnly',
        'wide=2; Path=/',
      ]),
      '/hub/login': redirect('../user/ada/page'),
      '/user/ada/page': showCookies,
      '/elsewhere': showCookies,
    });
    const visit = await browser.visit('/user/ada/lab', signal);
    expect(visit.answer?.body).toBe('state=1; wide=2');
    expect(visit.trail).toEqual([
      'GET /user/ada/lab: 302 to /hub/login?next=x',
      'GET /hub/login?next=x: 302 to ../user/ada/page',
      'GET /user/ada/page: 200',
    ]);
    expect((await browser.visit('/elsewhere', signal)).answer?.body).toBe('wide=2');
  });

  it('does not take /user/adam for a page of /user/ada', async () => {
    const browser = await browse({
      '/user/ada/in': redirect('/user/adam', ['secret=1; Path=/user/ada']),
      '/user/adam': showCookies,
    });
    expect((await browser.visit('/user/ada/in', signal)).answer?.body).toBe('no cookies');
  });

  it.each(['Max-Age=0', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'])('drops a cookie by %s', async (end) => {
    const browser = await browse({
      '/set': redirect('/unset', ['a=1; Path=/']),
      '/unset': redirect('/show', [`a=; Path=/; ${end}`]),
      '/show': showCookies,
    });
    expect((await browser.visit('/set', signal)).answer?.body).toBe('no cookies');
  });

  it('gives up on redirects without end, and says so', async () => {
    const browser = await browse({ '/a': redirect('/b'), '/b': redirect('/a') });
    const visit = await browser.visit('/a', signal);
    expect(visit.answer).toBeUndefined();
    expect(visit.trail.at(-1)).toBe('more than 12 redirects');
  });

  it('never leaves the hub’s host', async () => {
    const browser = await browse({ '/a': redirect('http://evil.test/a') });
    const visit = await browser.visit('/a', signal);
    expect(visit.answer).toBeUndefined();
    expect(visit.trail.at(-1)).toContain('leaves the hub');
  });
});
