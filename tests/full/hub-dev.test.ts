/** `hub-dev` beside the family's proxy: accounts of a mounted file log in, and work in servers of their own. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { exchange } from '../../src/hub/http-exchange.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { coldFamilyMs, realImages, referenceIn } from '../rig/family.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import type { TemporaryFolder } from '../rig/temporary-folder.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: coldFamilyMs });

const stem = `hubwright-test-dev-${process.pid}`;
const passwords = Object.fromEntries(
  ['ann', 'ben', 'eve'].map((name) => [name, randomBytes(8).toString('hex')]),
);
const token = randomBytes(16).toString('hex');
let image = '';
let proxy = '';
let folder: TemporaryFolder | undefined;

const docker = async (...args: readonly string[]) => (await execa('docker', args)).stdout;
const inside = (...args: readonly string[]) => docker('exec', `${stem}-hub`, ...args);
const as = (name: string, script: string) =>
  execa('docker', ['exec', '--user', name, `${stem}-hub`, 'sh', '-c', script], { reject: false });

beforeAll(async () => {
  const images = await realImages(['hub-dev', 'proxy']);
  image = referenceIn(images, 'hub-dev');
  const { stdout: hash } = await execa('openssl', ['passwd', '-6', passwords['eve'] ?? '']);
  const lines = [`ann:${passwords['ann']}`, '# a comment', `ben:${passwords['ben']}`, '', `eve:${hash}`];
  folder = await temporaryFolder({ accounts: `${lines.join('\n')}\n` });
  const accounts = path.join(folder.path, 'accounts');
  await docker('network', 'create', '--label', 'hubwright=test', stem);
  const of = (name: string) => [
    `--name=${stem}-${name}`,
    `--network=${stem}`,
    `--network-alias=${name}`,
    `--env=CONFIGPROXY_AUTH_TOKEN=${token}`,
    '--label=hubwright=test',
  ];
  const run = (name: string, ...args: readonly string[]) => docker('run', '--detach', ...of(name), ...args);
  const mounted = `${accounts}:/etc/hub-dev/accounts:ro`;
  await run('hub', '--env', 'PROXY_API_URL=http://proxy:8001', '--volume', mounted, image);
  const ports = '--ip=0.0.0.0 --port=8000 --api-ip=0.0.0.0 --api-port=8001'.split(' ');
  await run('proxy', referenceIn(images, 'proxy'), ...ports, '--default-target=http://hub:8081');
  proxy = await docker(
    'inspect',
    '--format',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    `${stem}-proxy`,
  );
  await until('the hub answers', async () => (await browser()('/hub/health')).status === 200);
});

afterAll(async () => {
  await execa('docker', ['rm', '--force', '--volumes', `${stem}-hub`, `${stem}-proxy`], { reject: false });
  await execa('docker', ['network', 'rm', stem], { reject: false });
  await folder?.[Symbol.asyncDispose]();
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds().catch(() => false)) return;
    await sleep(500);
  }
  const log = await execa('docker', ['logs', '--tail', '30', `${stem}-hub`], { all: true });
  throw new Error(`${what}: not within 100 s\n${log.all}`);
}

/**
 * A browser that asks the hub alone: one jar of cookies, and no redirect is followed. Node's `fetch` says of each of
 * its requests that a script makes it, and the hub gives cookies only to who opens a page.
 */
function browser() {
  const cookies = new Map<string, string>();
  return async (where: string, form?: Readonly<Record<string, string>>) => {
    const answer = valueOf(
      await exchange(
        {
          host: proxy,
          port: 8000,
          path: where,
          headers: {
            cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
            'sec-fetch-mode': 'navigate',
            'sec-fetch-site': 'same-origin',
            ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          },
          ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form).toString() }),
        },
        patience(),
      ),
    );
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [name = '', ...value] = (line.split(';')[0] ?? '').split('=');
      cookies.set(name, value.join('='));
    }
    return answer;
  };
}

async function logIn(name: string, password: string) {
  const ask = browser();
  const page = await ask('/hub/login');
  // Without a cookie its token is good for as long as the clock shows the same second.
  expect(page.headers['set-cookie']?.join()).toContain('_xsrf=');
  const xsrf = /name="_xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
  const answer = await ask('/hub/login', { username: name, password, _xsrf: xsrf });
  return { ask, status: answer.status };
}

test.each(['ann', 'ben', 'eve'])(
  '%s logs in with the password of the file, and with no other',
  async (name) => {
    expect((await logIn(name, passwords[name] ?? '')).status).toBe(302);
    expect((await logIn(name, 'another')).status).not.toBe(302);
    expect((await logIn(name, '')).status).not.toBe(302);
  },
);

test('an account of the system is none of the hub’s', async () => {
  for (const name of ['root', 'jovyan', 'nobody']) expect((await logIn(name, 'x')).status).not.toBe(302);
});

test('a server runs as its user, in the scratch folder with its notebooks', async () => {
  const { ask } = await logIn('ann', passwords['ann'] ?? '');
  await ask('/hub/spawn');
  await until('the server answers', async () => (await ask('/user/ann/api')).status === 200);
  const who = await inside(
    'sh',
    '-c',
    'cd /proc; for p in [0-9]*; do grep -qs singleuser $p/cmdline && stat -c %U $p; done',
  );
  expect(who.split('\n')).toContain('ann');
});

test('scratch folders belong to their users; the group reads them, and shares one', async () => {
  expect(await inside('stat', '-c', '%U:%G %a', '/s/ann', '/s/shared')).toBe(
    'ann:shared 2750\nroot:shared 2770',
  );
  expect((await as('ben', 'cat /s/ann/welcome.ipynb > /dev/null && echo read')).stdout).toBe('read');
  expect((await as('ben', 'touch /s/ann/x')).exitCode).not.toBe(0);
  expect((await as('ben', 'echo hello > /s/shared/note && stat -c %G /s/shared/note')).stdout).toBe('shared');
});

test('no account and no password is in the image', async () => {
  const bare = ['run', '--rm', '--label', 'hubwright=test', '--network', 'none', image];
  const { stdout, stderr } = await execa('docker', [...bare, 'getent', 'passwd']);
  expect(stdout).not.toMatch(/^(ann|ben|eve):/m);
  expect(stderr).toContain('nobody can log in');
  const shadow = await docker(...bare, 'cat', '/etc/shadow');
  expect(shadow.split('\n').filter((line) => line.split(':')[1]?.startsWith('$'))).toEqual([]);
});
