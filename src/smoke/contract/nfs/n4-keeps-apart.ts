/** Clause N4: over the students' export nobody reads, lists or takes away what belongs to the instructors. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { NfsClient, NfsTrouble } from '../../nfs/nfs-client.ts';
import type { Clause, Finding } from '../clause.ts';
import { freshName, readExports, somebody } from './exports.ts';
import type { NfsSubject } from './nfs-server.ts';

export const keepsApart: Clause<NfsSubject> = {
  id: 'N4',
  title: "over the students' folder nobody reads, lists or removes what is the instructors' own",
  why: 'A student could read the others’ solutions, or take away the assignment.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'Where two folders give their files to two users: the one to whom the folder itself belongs makes a course with a sheet (0644), a key (0600) and an inbound folder (0733); over the other one hands something in, and tries to read the key, list the inbound folder, and remove the sheet and the course. The first reads what was handed in.',
  remedy:
    'Export the exchange twice, once for each role, with two anonymous users; let the folder belong to the first, with mode 1777.',
  needs: ['N3'],
  async test({ client }, signal) {
    const exports = await readExports(client, signal);
    if (!exports.ok) return ok({ result: 'not-run', evidence: [`asked again: ${exports.error.message}`] });
    const teachers = exports.value.find(({ owners, folderOwner }) => userOf(owners[0]) === folderOwner);
    const students = exports.value.find(
      ({ owners, folderOwner }) => teachers !== undefined && userOf(owners[0]) !== folderOwner,
    );
    if (teachers === undefined || students === undefined) {
      const evidence = ['every exported folder takes everybody for the same user: nobody is kept apart'];
      return ok({ result: 'not-applicable', evidence });
    }
    return ok(await tryBoth(client, teachers.path, students.path, signal));
  },
};

interface Step {
  readonly what: string;
  readonly allowed: boolean;
  try(): Promise<Result<unknown, NfsTrouble>>;
}

async function tryBoth(
  client: NfsClient,
  teachers: string,
  students: string,
  signal: AbortSignal,
): Promise<Finding> {
  const course = freshName();
  const mine = `${teachers}/${course}`;
  const theirs = `${students}/${course}`;
  const as = somebody;
  const step = (what: string, allowed: boolean, action: Step['try']): Step => ({
    what,
    allowed,
    try: action,
  });
  const steps: readonly Step[] = [
    step(`make /${mine}`, true, () => client.makeFolder(as, mine, 0o755, signal)),
    step('write the sheet', true, () => client.write(as, `${mine}/sheet`, 0o644, 'sheet', signal)),
    step('write the key', true, () => client.write(as, `${mine}/key`, 0o600, 'key', signal)),
    step('make the inbound folder', true, () => client.makeFolder(as, `${mine}/inbound`, 0o733, signal)),
    step('student reads the sheet', true, () => client.read(as, `${theirs}/sheet`, signal)),
    step('student hands in', true, () => client.write(as, `${theirs}/inbound/one`, 0o644, 'one', signal)),
    step('student reads the key', false, () => client.read(as, `${theirs}/key`, signal)),
    step('student lists the inbound folder', false, () => client.list(as, `${theirs}/inbound`, signal)),
    step('student overwrites the sheet', false, () =>
      client.write(as, `${theirs}/sheet`, 0o644, 'other', signal),
    ),
    step('student removes the sheet', false, () => client.remove(as, `${theirs}/sheet`, signal)),
    step('instructor collects', true, () => client.read(as, `${mine}/inbound/one`, signal)),
    step('instructor removes the sheet', true, () => client.remove(as, `${mine}/sheet`, signal)),
    step('instructor removes the key', true, () => client.remove(as, `${mine}/key`, signal)),
    step('instructor removes what was handed in', true, () =>
      client.remove(as, `${mine}/inbound/one`, signal),
    ),
    step('instructor removes the inbound folder', true, () => client.remove(as, `${mine}/inbound`, signal)),
    step('student removes the empty course', false, () => client.remove(as, theirs, signal)),
    step('instructor removes the empty course', true, () => client.remove(as, mine, signal)),
  ];
  const evidence: string[] = [];
  for (const { what, allowed, try: act } of steps) {
    const answered = await act();
    if (!answered.ok && answered.error.kind !== 'denied') {
      return { result: 'fail', evidence: [...evidence, `${what}: ${answered.error.message}`], hint: broken };
    }
    evidence.push(`${what}: ${answered.ok ? 'done' : `refused, ${answered.error.message}`}`);
    if (answered.ok !== allowed) return { result: 'fail', evidence, hint: allowed ? tooStrict : tooOpen };
  }
  return { result: 'pass', evidence };
}

const broken = "the server does not answer as an NFS server would; the log's end tells more";
const tooOpen =
  'the last line should have been refused: the two exports give their files to users of whom one may do what the other does, or the folder lacks the sticky bit';
const tooStrict =
  'the last line should have been done: the exported folder has to belong to the instructors’ user, writable by all (mode 1777)';

function userOf(owner: string): string {
  return owner.slice(0, owner.lastIndexOf(':'));
}
