/** Commands as a user starts them: by the launcher, which keeps compiled code from one start to the next. */
import path from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';
import type { Workspace } from '../rig/workspace.ts';
import { benchEngine } from './bench-engine.ts';

const launcher = path.resolve(import.meta.dirname, '../../build');

/** As a user's, it does not lie in the repository, where nothing would be kept in it. */
const cacheFolder = path.join(inject('sharedFolder'), 'cache');

/** Runs `./build ARGS` in the workspace; answers what it printed, and throws where it failed. */
export async function runLauncher(
  { directory }: Pick<Workspace, 'directory'>,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await execa(launcher, args, {
    cwd: directory,
    stdin: 'ignore',
    extendEnv: false,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      XDG_CACHE_HOME: cacheFolder,
      ...benchEngine.environment,
      ...environment,
    },
  });
  return stdout;
}
