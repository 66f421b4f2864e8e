/** Clause D3: no other password opens the database. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import { ask } from './database-container.ts';
import type { DatabaseSubject } from './database-container.ts';

export const refusesOthers: Clause<DatabaseSubject> = {
  id: 'D3',
  title: 'refuses root without the right password',
  why: "A database that lets anybody in as root gives a whole pod's network every student's data.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: 'The same connection without a password, and with a wrong one: both have to be refused.',
  remedy: 'Apply MYSQL_ROOT_PASSWORD to every root account, and drop anonymous ones.',
  needs: ['D2'],
  async test({ engine, containerId }, signal) {
    const evidence: string[] = [];
    let open = false;
    for (const { what, password } of [
      { what: 'without a password', password: '' },
      { what: 'with a wrong one', password: 'wrong' },
    ]) {
      const asked = await ask(engine, containerId, password, 'SELECT 1', signal);
      if (!asked.ok) return asked;
      evidence.push(
        `root ${what}: ${asked.value.kind === 'answered' ? 'let in' : excerpt(asked.value.text)}`,
      );
      open ||= asked.value.kind === 'answered';
    }
    if (!open) return ok({ result: 'pass', evidence });
    const hint =
      'root gets in without the password: MYSQL_ROOT_PASSWORD is not applied to every root account, or an anonymous account is left';
    return ok({ result: 'fail', evidence, hint });
  },
};
