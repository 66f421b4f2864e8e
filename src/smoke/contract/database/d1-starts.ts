/** Clause D1: the database starts on an empty volume. */
import { startsClause } from '../common/start-finding.ts';

export const databaseStarts = startsClause({
  id: 'D1',
  asked: 'MYSQL_ROOT_PASSWORD given, an empty volume with `lost+found` at /var/lib/mysql',
  why: "KubeSpawner waits for every container of the pod: a database that falls over takes the user's server with it.",
});
