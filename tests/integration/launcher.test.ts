/**
 * The launcher `build` in clones of its own. npm is the machine's, on a lock without packages, except
 * where an installation has to be held open or to fail: there a script stands in for it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  mkdtempDisposable,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');
/** Prints what it was given, so that a test sees what went through. */
const program = 'console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }));';
const installing = 'installing the locked dependencies';

describe('the launcher', () => {
  it('installs on a fresh clone and never again', async () => {
    await using clone = await makeClone();
    const first = await launch(clone.path, ['--flag', 'a b', '']);
    expect(first.stderr).toContain(installing);
    expect(JSON.parse(first.stdout)).toEqual({ args: ['--flag', 'a b', ''], cwd: tmpdir() });
    const second = await launch(clone.path, ['x']);
    expect(second.stderr).toBe('');
  });

  it('works through a symbolic link, by a relative path and by its bare name', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    const elsewhere = join(clone.path, 'elsewhere');
    await mkdir(elsewhere);
    await symlink('../build', join(elsewhere, 'link'));
    for (const [command, args] of [
      ['./link', []],
      ['../build', []],
      ['sh', ['../build']],
      ['sh', ['link']],
    ] as const) {
      const { stdout } = await execa(command, args, { cwd: elsewhere });
      expect(JSON.parse(stdout)).toMatchObject({ cwd: elsewhere });
    }
    expect(JSON.parse((await execa('sh', ['build'], { cwd: clone.path })).stdout)).toMatchObject({
      args: [],
    });
  });

  it('runs no program but Node once all is there', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    const { stdout } = await execa(join(clone.path, 'build'), ['x'], {
      extendEnv: false,
      env: { PATH: '/nonexistent', HUBWRIGHT_NODE: process.execPath },
    });
    expect(JSON.parse(stdout)).toMatchObject({ args: ['x'] });
  });

  it('needs to write nothing where only times are others, as in a checkout of somebody else', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    await utimes(join(clone.path, 'package-lock.json'), 1, 1);
    // Stands for a folder that this user may not write to: root may always.
    await rm(join(clone.path, '.hubwright'), { recursive: true, force: true });
    await writeFile(join(clone.path, '.hubwright'), '');
    expect((await launch(clone.path, ['x'])).stderr).toBe('');
  });

  it('installs again when the lock says something else, even with an older time', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    const lock = join(clone.path, 'package-lock.json');
    await appendFile(lock, '\n');
    await utimes(lock, 1, 1);
    expect((await launch(clone.path)).stderr).toContain(installing);
    expect((await launch(clone.path)).stderr).toBe('');
  });

  it('does not install when only the time of the lock changed, as after a checkout to and fro', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    await utimes(join(clone.path, 'package-lock.json'), new Date(), new Date());
    expect((await launch(clone.path)).stderr).toBe('');
  });

  it('lets one of two launchers install, and the other wait for it', async () => {
    await using clone = await makeClone();
    const npm = await heldNpm(clone.path);
    const both = [launch(clone.path, ['1'], npm.env), launch(clone.path, ['2'], npm.env)];
    await npm.called();
    await npm.release();
    const results = await Promise.all(both);
    expect(results.map(({ stdout }) => (JSON.parse(stdout) as { args: string[] }).args)).toEqual([
      ['1'],
      ['2'],
    ]);
    expect(await npm.calls()).toBe(1);
  });

  it('repairs an installation that was killed in the middle', async () => {
    await using clone = await makeClone();
    const npm = await heldNpm(clone.path);
    const child = spawn(join(clone.path, 'build'), [], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, ...npm.env },
    });
    await npm.called();
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
    await npm.release();
    expect((await launch(clone.path, [], npm.env)).stderr).toContain(installing);
    expect(await npm.calls()).toBe(2);
  });

  it('says what npm said, and does not go on, where the installation fails', async () => {
    await using clone = await makeClone();
    await writeFile(join(clone.path, 'package-lock.json'), '{');
    const result = await launch(clone.path, [], {}, false);
    expect(result.exitCode).toBe(3);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('npm error');
    expect(result.stderr).toContain(`cd ${clone.path} && npm ci`);
  });

  it('names the command that mends a machine without npm', async () => {
    await using clone = await makeClone();
    const tools = await toolsWithout(clone.path, ['npm', 'node']);
    const result = await launch(clone.path, [], { PATH: tools }, false);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain('apt-get install npm');
  });

  it('refuses an older Node and says where a fitting one comes from', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    const folder = join(clone.path, 'old');
    await mkdir(folder);
    await script(join(folder, 'node'), 'echo v20.20.2');
    const result = await launch(clone.path, [], { PATH: folder }, false);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain('no Node 24');
  });

  it('runs the Node that HUBWRIGHT_NODE names, and none where it cannot', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    const own = join(clone.path, 'own-node');
    await script(own, 'echo own "$@"');
    expect((await launch(clone.path, ['x'], { HUBWRIGHT_NODE: own })).stdout).toMatch(/^own .*build\.ts x$/);
    const result = await launch(clone.path, [], { HUBWRIGHT_NODE: `${own}-not` }, false);
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
  });

  it('prints the absolute path of the Node it uses', async () => {
    await using clone = await makeClone();
    await launch(clone.path);
    const { stdout } = await execa('sh', ['build', '--print-node'], { cwd: clone.path });
    expect(stdout).toBe(process.execPath);
  });
});

describe('the repository', () => {
  it('tells its commands as it was called itself', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'launcher-'));
    await symlink(join(repository, 'build'), join(folder.path, 'tool'));
    const path = `${folder.path}:${process.env['PATH'] ?? ''}`;
    for (const [called, told] of [
      ['./tool', './tool'],
      ['tool', 'tool'],
      [join(repository, 'build'), join(repository, 'build')],
    ] as const) {
      const answer = await execa(called, ['list'], { cwd: folder.path, reject: false, env: { PATH: path } });
      expect(answer.stderr).toContain(`\`${told} init\``);
    }
  });

  it('tells programs the same, however it was called', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'launcher-"-'));
    await symlink(join(repository, 'build'), join(folder.path, 'tool'));
    // Where there is no Trivy, whatever this machine has.
    await symlink((await execa('which', ['readlink'])).stdout, join(folder.path, 'readlink'));
    const env = { PATH: folder.path, XDG_CACHE_HOME: folder.path, HUBWRIGHT_TRIVY: undefined };
    const doctor = ['doctor', '--scanner', '--json'];
    const { stdout } = await execa(join(folder.path, 'tool'), doctor, { reject: false, env });
    const requirements = JSON.parse(stdout) as { id: string; mend?: string }[]; // our own document
    expect(requirements.map(({ mend }) => mend)).toContain('`build setup --scanner`');
  });

  it('starts at most 0.1 s slower than Node itself', async () => {
    const node = (await execa(join(repository, 'build'), ['--print-node'])).stdout;
    // What both can do is compared, not what a busy machine lets them do: rounds go on while it is busy.
    let [ours, bare] = [Infinity, Infinity];
    for (let round = 0; round < 100 && !(round >= 5 && ours - bare < 100); round += 1) {
      ours = Math.min(ours, await timed(join(repository, 'build')));
      bare = Math.min(bare, await timed(node));
    }
    expect(ours - bare).toBeLessThan(100);
  });
});

/** A folder with the launcher, a lock without packages, and a program of one line. */
async function makeClone(): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'launcher-'));
  await copyFile(join(repository, 'build'), join(folder.path, 'build'));
  const manifest = { name: 'clone', version: '1.0.0', type: 'module' };
  const lock = { ...manifest, lockfileVersion: 3, requires: true, packages: { '': manifest } };
  await writeFile(join(folder.path, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder.path, 'package-lock.json'), JSON.stringify(lock));
  await writeFile(join(folder.path, 'build.ts'), program);
  // npm makes this folder only when there is something to put into it.
  await mkdir(join(folder.path, 'node_modules'));
  return folder;
}

async function launch(
  clone: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  reject = true,
) {
  return execa(join(clone, 'build'), args, { cwd: tmpdir(), reject, env, stdin: 'ignore' });
}

async function timed(command: string): Promise<number> {
  const start = performance.now();
  await execa(command, ['--version']);
  return performance.now() - start;
}

async function script(path: string, body: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

/** An npm that empties node_modules as `npm ci` does, then waits until it is released. */
async function heldNpm(clone: string) {
  const folder = join(clone, 'held');
  await mkdir(folder);
  const calls = join(folder, 'calls');
  const gate = join(folder, 'gate');
  await script(
    join(folder, 'npm'),
    `rm -rf "${clone}/node_modules"; mkdir "${clone}/node_modules"; echo call >>"${calls}"
     while [ ! -e "${gate}" ]; do sleep 0.02; done`,
  );
  const count = async () => (await readFile(calls, 'utf8').catch(() => '')).split('\n').length - 1;
  return {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    calls: count,
    called: async () => {
      while ((await count()) === 0) await sleep(10);
    },
    release: () => writeFile(gate, ''),
  };
}

/** A folder with links to the programs that the launcher may use, some left out. */
async function toolsWithout(clone: string, left: readonly string[]): Promise<string> {
  const folder = join(clone, 'tools');
  await mkdir(folder);
  for (const name of ['mkdir', 'touch', 'flock', 'cmp', 'cp', 'rm', 'mv', 'npm', 'node']) {
    if (left.includes(name)) continue;
    const { stdout } = await execa('sh', ['-c', 'command -v -- "$1"', 'sh', name]);
    await symlink(stdout, join(folder, name));
  }
  return folder;
}
