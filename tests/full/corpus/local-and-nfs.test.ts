/** Servers on a laptop, and NFS servers: the broken are refused, the odd pass. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTable } from '../../rig/corpus-table.ts';

const tables = ['tables/local.yaml', 'tables/nfs.yaml'].map((name) =>
  readTable(path.join(import.meta.dirname, name)),
);
corpusSuite('local-and-nfs', (await Promise.all(tables)).flat(), ['base', 'local', 'nfs']);
