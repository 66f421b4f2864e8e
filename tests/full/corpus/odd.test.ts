/** Images that look odd and can be used pass. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTable } from '../../rig/corpus-table.ts';

corpusSuite('odd', await readTable(path.join(import.meta.dirname, 'tables/odd.yaml')));
