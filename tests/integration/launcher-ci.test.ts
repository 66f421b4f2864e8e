/**
 * The build server's entry `.ci/run`, with a script in the place of npm that leaves the reports which
 * vitest would leave: what it prints last, and how it exits.
 */
import { chmod, cp, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

const passed = { status: 'passed', assertionResults: [{ status: 'passed' }] };
const failed = { status: 'failed', assertionResults: [{ status: 'failed' }] };
/** A file that could not even be loaded. */
const broken = { status: 'failed', assertionResults: [] };

const green = { numPassedTests: 5, numFailedTests: 0, testResults: [passed] };

describe('.ci/run', () => {
  it.each([
    ['all that passed', { report: green }, '5 passed, 0 failed', 0],
    [
      'failed tests',
      { report: { numPassedTests: 4, numFailedTests: 1, testResults: [passed, failed] }, test: 1 },
      '4 passed, 1 failed',
      1,
    ],
    [
      'files that broke before their first test',
      { report: { numPassedTests: 4, numFailedTests: 0, testResults: [passed, broken] }, test: 1 },
      '4 passed, 1 failed',
      1,
    ],
    ['trouble that no test tells', { report: green, test: 1 }, '5 passed, 1 failed', 1],
    ['a check that failed', { report: green, check: 1 }, '5 passed, 1 failed', 1],
    ['a run of no tests', { report: { ...green, numPassedTests: 0 } }, '0 passed, 0 failed', 1],
    ['a setup that failed, without any report', { test: 3 }, '0 passed, 1 failed', 1],
  ])('counts %s', async (_name, npm, lastLine, exitCode) => {
    await using clone = await makeClone(npm);
    const result = await execa(join(clone.path, '.ci/run'), {
      cwd: tmpdir(),
      reject: false,
      env: { PATH: `${join(clone.path, 'bin')}:${process.env['PATH'] ?? ''}` },
    });
    expect(result.stdout.split('\n').at(-1)).toBe(lastLine);
    expect(result.exitCode).toBe(exitCode);
  });
});

interface StandIn {
  readonly report?: object;
  /** Exit codes of `npm run check` and `npm test`. */
  readonly check?: number;
  readonly test?: number;
}

async function makeClone({ report, check = 0, test = 0 }: StandIn) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ci-'));
  await mkdir(join(folder.path, 'bin'));
  await cp(join(repository, '.ci'), join(folder.path, '.ci'), { recursive: true });
  await script(join(folder.path, 'build'), `echo ${process.execPath}`);
  const leaveReport =
    report === undefined ? ':' : `printf %s '${JSON.stringify(report)}' >"\${argument#--outputFile.json=}"`;
  await script(
    join(folder.path, 'bin/npm'),
    `if [ "$1 $2" = "run check" ]; then exit ${check}; fi
     for argument; do case $argument in --outputFile.json=*) ${leaveReport} ;; esac; done
     exit ${test}`,
  );
  return folder;
}

async function script(path: string, body: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}
