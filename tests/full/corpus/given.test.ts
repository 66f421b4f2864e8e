/** A corpus of somebody else's, from the folder that HUBWRIGHT_CORPUS names; without it the example beside this file. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTables } from '../../rig/corpus-table.ts';

const given = process.env['HUBWRIGHT_CORPUS'];
const rows = await readTables(path.resolve(given ?? path.join(import.meta.dirname, 'example')));

// Somebody else's Dockerfiles may stand on any of these, and on what a row names.
const family = given === undefined ? ['base'] : ['base', 'hub', 'proxy', 'db'];
corpusSuite('given', rows, [...new Set([...family, ...rows.map(({ from }) => from)])]);
