/** Clause D2: the root password that the pod passes opens the database, over TCP. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import { ask, databasePort, isDenial, noClient } from './database-container.ts';
import type { Database, DatabaseSubject } from './database-container.ts';

/** Kept in the volume, so that the second start can be asked for it. */
export const keptRow = 'hubwright';

const statement = [
  'CREATE DATABASE hubwright_check',
  'CREATE TABLE hubwright_check.kept (word VARCHAR(32))',
  `INSERT INTO hubwright_check.kept VALUES ('${keptRow}')`,
  'SELECT word FROM hubwright_check.kept',
].join('; ');

export const answersQuery: Clause<DatabaseSubject> = {
  id: 'D2',
  title: `answers a query on 127.0.0.1:${databasePort} with MYSQL_ROOT_PASSWORD`,
  why: 'The notebook beside it reaches the database by TCP alone, with the password that the pod was given.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "From inside the pod's network a database and a table are made on 127.0.0.1:3306 as root with MYSQL_ROOT_PASSWORD, and one row is written and read. One that turns root away for 30 s, and does nothing else meanwhile, is asked no more.",
  remedy:
    'Do not initialise the data directory at build time, give every root account the password, and keep `bind-address` and `port` where TCP reaches them.',
  needs: ['D1'],
  async test({ engine, containerId, rootPassword, greeting }, signal) {
    if (greeting.answer.kind === 'unasked') {
      return ok({ result: 'not-run', evidence: [greeting.answer.text] });
    }
    if (greeting.answer.kind === 'failed') {
      const evidence = [unanswered(greeting)];
      const open = await ask(engine, containerId, '', 'SELECT 1', signal);
      if (!open.ok) return open;
      if (open.value.kind === 'answered') evidence.push('root without a password: let in');
      return ok({ result: 'fail', evidence, hint: likelyCause(evidence.join(' ')) });
    }
    const asked = await ask(engine, containerId, rootPassword, statement, signal);
    if (!asked.ok) return asked;
    const evidence = [
      `first answer after ${seconds(greeting.afterMs)}`,
      `CREATE, INSERT, SELECT: ${excerpt(asked.value.text)}`,
    ];
    if (asked.value.kind === 'answered' && asked.value.text === keptRow)
      return ok({ result: 'pass', evidence });
    return ok({ result: 'fail', evidence, hint: likelyCause(asked.value.text) });
  },
};

/** What a database that never let its root in did instead. */
export function unanswered({ answer, afterMs }: Database['greeting']): string {
  const what = isDenial(answer.text) ? 'turned away, and still so after' : 'no answer within';
  return `${what} ${seconds(afterMs)}: ${answer.text}`;
}

function likelyCause(words: string): string {
  if (/without a password: let in/.test(words)) {
    return 'the account that counts for 127.0.0.1 has no password: beside `root@localhost` and `root@%` there is a `root@127.0.0.1`, which MYSQL_ROOT_PASSWORD has to reach as well (or which has to go)';
  }
  if (/is not allowed to connect/i.test(words)) {
    return 'no account of root counts for 127.0.0.1: with `skip-name-resolve` that is not `localhost`. Make `root@127.0.0.1` or `root@%` beside `root@localhost`, with MYSQL_ROOT_PASSWORD';
  }
  if (/access denied/i.test(words)) {
    return 'the password is not heeded: the entry point sets another one (or the account for 127.0.0.1 has none of it), or the data directory was initialised at build time, so that it is taken for an existing database';
  }
  if (words.includes(noClient)) {
    return `nothing listens on port ${databasePort}; and the image has neither \`mariadb\` nor \`mysql\`, so that it can be asked nothing from inside`;
  }
  return `nothing answers on port ${databasePort}; look at \`bind-address\`, \`port\` and \`skip-networking\`, and whether the configuration file really has its lines (a literal \\n written by \`echo\` is ignored in silence)`;
}
