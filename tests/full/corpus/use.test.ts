/** Servers that answer the hub and cannot be used are refused, each at its clause. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTable } from '../../rig/corpus-table.ts';

corpusSuite('use', await readTable(path.join(import.meta.dirname, 'tables/use.yaml')));
