import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitOf } from '../../src/lock/git-refs.ts';
import { patience } from '../rig/engine.ts';

let folder = '';
let head = '';
let tagged = '';

/** git that goes by no setting of this machine. */
async function git(...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.org'];
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return (await execa('git', [...identity, ...args], { cwd: folder, env })).stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hubwright-git-'));
  await git('init', '--quiet', '--initial-branch=main');
  await git('commit', '--quiet', '--allow-empty', '-m', 'one');
  tagged = await git('rev-parse', 'HEAD');
  await git('tag', '-a', 'term-1', '-m', 'first term');
  await git('commit', '--quiet', '--allow-empty', '-m', 'two');
  head = await git('rev-parse', 'HEAD');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function ask(ref: string | undefined, url = folder): ReturnType<typeof commitOf> {
  return commitOf({ key: '', url, ref }, folder, patience());
}

test('a branch, the default branch, and the commit behind an annotated tag', async () => {
  expect(await ask('main')).toEqual({ ok: true, value: head });
  expect(await ask(undefined)).toEqual({ ok: true, value: head });
  expect(await ask('term-1')).toEqual({ ok: true, value: tagged });
});

test('a branch that is not there is the user’s mistake, a server that does not answer is not', async () => {
  expect(await ask('term-9')).toMatchObject({ ok: false, error: { category: 'usage', code: 'no-such-ref' } });
  expect(await ask('main', path.join(folder, 'nowhere'))).toMatchObject({
    ok: false,
    error: { category: 'environment', code: 'git-failed' },
  });
});
