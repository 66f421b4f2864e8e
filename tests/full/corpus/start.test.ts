/** Servers that do not start as the hub starts them are refused, each at its clause. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTable } from '../../rig/corpus-table.ts';

corpusSuite('start', await readTable(path.join(import.meta.dirname, 'tables/start.yaml')));
