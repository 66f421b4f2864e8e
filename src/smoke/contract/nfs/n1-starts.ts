/** Clause N1: the server starts on an empty volume. */
import { startsClause } from '../common/start-finding.ts';
import { exchangeFolder, neededCapability } from './nfs-server.ts';

export const nfsStarts = startsClause({
  id: 'N1',
  asked: `the capability ${neededCapability} and no other, an empty volume of root's with \`lost+found\` at ${exchangeFolder}`,
  why: 'Servers that mount the exchange wait for it, and their users with them.',
});
