/** Keys of cosign's for tests, made by cosign itself. */
import path from 'node:path';
import { execa } from 'execa';

/** The password of the rig's keys; good for nothing else. */
export const KEY_PASSWORD = 'password-of-the-rig';

/** Writes `<name>.key` and `<name>.pub` into the folder. */
export async function makeKeyPair(folder: string, name: string): Promise<void> {
  await execa('cosign', ['generate-key-pair', '--output-key-prefix', path.join(folder, name)], {
    env: { COSIGN_PASSWORD: KEY_PASSWORD },
    stdin: 'ignore',
  });
}

/** cosign's own opinion of a reference: whether its command answers 0. */
export async function cosignAgrees(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const { exitCode } = await execa('cosign', args, { reject: false, stdin: 'ignore', env });
  return exitCode === 0;
}
