/** Whether gitpuller has to be started once more: not where it is what starts the server, but for the module. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startsAsServer } from '../../../src/smoke/contract/singleuser/s25-gitpuller.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const hubs =
  '#!/usr/bin/python3 -s\nimport sys\nfrom jupyterhub.singleuser import main\nif __name__ == "__main__":\n    sys.exit(main())\n';
const own = hubs.replace(' -s\n', '\n').replace('jupyterhub.singleuser', 'nbgitpuller.pull');

test.each([
  { is: 'written by the same installer', text: own, says: 'yes' },
  { is: 'of another interpreter', text: own.replace('/usr/bin/python3', '/opt/none/python'), says: 'no' },
  { is: 'of another module', text: own.replace('nbgitpuller.pull', 'nbgitpuller'), says: 'no' },
  { is: 'cut short', text: own.slice(0, -22), says: 'no' },
  { is: 'longer', text: `${own}# more\n`, says: 'no' },
  { is: 'changed', text: own.replace('sys.exit', 'sys.exot'), says: 'no' },
  { is: 'empty', text: '', says: 'no' },
  { is: 'not executable', text: own, mode: 0o644, says: 'no' },
])('a gitpuller that is $is: $says', async ({ text, mode = 0o755, says }) => {
  await using folder = await temporaryFolder();
  for (const [name, content] of [
    ['gitpuller', text],
    ['jupyterhub-singleuser', hubs],
  ] as const) {
    writeFileSync(path.join(folder.path, name), content);
    chmodSync(path.join(folder.path, name), name === 'gitpuller' ? mode : 0o755);
  }
  const script = `PATH=${folder.path}\n${startsAsServer}\nif startsAsServer; then echo yes; else echo no; fi`;
  expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).trim()).toBe(says);
});
