/**
 * The family under the whole contract, gate and deep tier, by the real command: what a night asks of every image
 * before it is published. The roles and courses that one Dockerfile makes are represented by one course.
 */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { contractVersion } from '../../src/smoke/contract-version.ts';
import { command, familyEnvironment, realImages, repository } from '../rig/family.ts';

const singleusers = ['base', 'scientific', 'course-first-steps-student', 'course-first-steps-instructor'];
const others = ['hub', 'hub-dev', 'proxy', 'db', 'nfs', 'registry', 'local', 'pytorch-cpu'];
const names = [...singleusers, ...others];

/** What of a line of `build smoke --json` is looked at here. */
interface Judged {
  readonly image: string;
  readonly tier: string;
  readonly contract: number;
  readonly verdict: string;
  readonly clauses: readonly {
    id: string;
    severity: string;
    tier: string;
    result: string;
    evidence: readonly string[];
  }[];
}

test('every image of the family passes the gate and the deep tier', { timeout: 1_500_000 }, async () => {
  await realImages(names);
  const [node, ...script] = command;
  const { stdout, stderr } = await execa(
    node,
    [...script, 'smoke', ...names, '--deep', '--json', '--directory', repository],
    { env: familyEnvironment(), extendEnv: false, reject: false, stdin: 'ignore' },
  );
  // Our own documents, from our own process.
  const judged = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Judged);
  expect(judged.map(({ image }) => image).toSorted(), stderr).toEqual(names.toSorted());
  for (const { image, clauses, ...verdict } of judged) {
    const refused = clauses.filter(({ severity, result }) => severity === 'must' && result === 'fail');
    expect(refused, image).toEqual([]);
    expect(verdict, image).toMatchObject({ verdict: 'pass', tier: 'deep', contract: contractVersion });
    // A machine without a GPU runs none of the clauses that need one; all others have to be run.
    const notRun = clauses.filter(
      ({ result, evidence }) => result === 'not-run' && !/\bGPU\b/.test(evidence.join(' ')),
    );
    expect(notRun, image).toEqual([]);
  }
  for (const name of singleusers) {
    const deep =
      judged.find(({ image }) => image === name)?.clauses.filter(({ tier }) => tier === 'deep') ?? [];
    expect(
      deep.filter(({ result }) => result === 'pass').map(({ id }) => id),
      name,
    ).toEqual(expect.arrayContaining(['S7a', 'S8', 'S15']));
  }
});
