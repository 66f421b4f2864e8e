/** The family's NFS server, and servers that are wrong in one respect each, made from it. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { realImages, referenceIn } from '../rig/family.ts';
import { FaultyImages } from '../rig/faulty-images.ts';
import { clause, failures, judge, leftovers } from '../rig/judge.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });

const engine = connectDocker();
const faulty = new FaultyImages(engine, 'nfs');
const script = '/usr/local/bin/start-nfs.sh';
const shortPatience = { profile: 'nfs', readinessBudgetMs: 8000 } as const;
let nfs = '';

beforeAll(async () => {
  nfs = referenceIn(await realImages(['nfs']), 'nfs');
});

afterAll(async () => {
  expect(await leftovers(engine)).toBe(0);
  await faulty[Symbol.asyncDispose]();
  await engine.close();
});

/** The family's server with its entry point's script edited by `sed`. */
const edited = (name: string, expression: string) =>
  faulty.build(name, `FROM ${nfs}\nRUN --network=none sed -i '${expression}' ${script}\n`);

test('the family’s server passes every clause', async () => {
  const verdict = await judge(engine, nfs, { profile: 'nfs' });
  expect(failures(verdict)).toEqual([]);
  for (const id of ['N1', 'N2', 'N3', 'N4', 'N5', 'N6']) expect(clause(verdict, id).result, id).toBe('pass');
  expect(clause(verdict, 'N3').evidence.join('\n')).toContain('uid 54321 as 1000:100');
});

test('a server with users of its own choice gives the files to these', async () => {
  const image = await faulty.build('ids', `FROM ${nfs}\nENV NFS_ANON_UID=2000 NFS_ANON_GID=2001\n`);
  const verdict = await judge(engine, image, { profile: 'nfs' });
  expect(failures(verdict)).toEqual([]);
  expect(clause(verdict, 'N3').evidence.join('\n')).toContain('uid 0 wrote as 2000:2001');
});

test.each([
  [
    'N1',
    'a server whose entry point gives up',
    'gives-up',
    's/^number NFS_ANON_UID.*/fail "nothing to serve"/',
  ],
  ['N2', 'a server on another port', 'port', 's/^    Enable_NLM = false;/&\\n    NFS_Port = 2050;/'],
  ['N3', 'a server that believes its clients', 'believes', 's/Squash = All_Squash/Squash = No_Root_Squash/'],
  ['N3', 'a server that squashes root alone', 'root-only', 's/Squash = All_Squash/Squash = Root_Squash/'],
  ['N3', 'a server that cannot be written to', 'read-only', 's/Access_Type = RW/Access_Type = RO/'],
  ['N4', 'a server without the sticky bit', 'not-sticky', 's/^chmod 1777/chmod 0777/'],
  [
    'N5',
    'a server that empties its volume at each start',
    'empties',
    's#^chmod 1777#rm -rf "$volume"/*\\n&#',
  ],
])('%s refuses %s', async (id, _, name, expression) => {
  const verdict = await judge(engine, await edited(name, expression), shortPatience);
  expect(failures(verdict)).toEqual([id]);
});

test('one export alone keeps nobody apart, and need not', async () => {
  const image = await edited('one-export', 's/^    export_block 2.*//');
  const verdict = await judge(engine, image, { profile: 'nfs' });
  expect(failures(verdict)).toEqual([]);
  expect(clause(verdict, 'N4').result).toBe('not-applicable');
});
