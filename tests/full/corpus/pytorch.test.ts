/** Images with PyTorch: the broken are refused, the odd pass. Without a GPU; T9 to T11 need one. */
import path from 'node:path';
import { corpusSuite } from '../../rig/corpus-suite.ts';
import { readTable } from '../../rig/corpus-table.ts';

const rows = await readTable(path.join(import.meta.dirname, 'tables/pytorch.yaml'));
corpusSuite('pytorch', rows, ['base', 'pytorch-cpu']);
