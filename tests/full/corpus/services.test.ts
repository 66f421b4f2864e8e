/** Hubs, proxies, databases and images of other kinds: the broken are refused, the odd pass. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTable } from '../../rig/corpus-table.ts';

const rows = await readTable(path.join(import.meta.dirname, 'tables/services.yaml'));
corpusSuite('services', rows, ['base', 'hub', 'proxy', 'db']);
