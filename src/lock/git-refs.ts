/** Asks git servers which commit a branch or tag is at. */
import { execa } from 'execa';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { GitReference } from '../matrix/image-set.ts';
import { isCommit } from '../matrix/lock.ts';

const timeoutMs = 60_000;

/** Beside the way to the server, what says who the user is there. */
const gitNames = [
  ...networkNames,
  'SSH_AUTH_SOCK',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSL_CAINFO',
  'GIT_ASKPASS',
  'XDG_CONFIG_HOME',
  'USER',
  'LOGNAME',
];

/** The commit (40 hexadecimal digits) that the reference names now. git asks nobody for a password. */
export async function commitOf(
  reference: GitReference,
  directory: string,
  signal: AbortSignal,
): Promise<Result<string, Diagnostic>> {
  const { url, ref = 'HEAD' } = reference;
  // Servers tell branches and tags; a commit names itself.
  if (isCommit(ref)) return ok(ref);
  const result = await execa('git', ['ls-remote', '--exit-code', '--', url, ref, `${ref}^{}`], {
    cwd: directory,
    env: childEnvironment(process.env, gitNames, { GIT_TERMINAL_PROMPT: '0' }),
    extendEnv: false,
    reject: false,
    timeout: timeoutMs,
    cancelSignal: signal,
    stdin: 'ignore',
  });
  // An annotated tag is told twice, where both are asked for; the line with `^{}` names the commit itself.
  const lines = result.stdout.split('\n').map((line) => line.split('\t'));
  const wanted = [`refs/tags/${ref}^{}`, `refs/heads/${ref}`, `refs/tags/${ref}`, ref];
  const commit = wanted.flatMap((name) => lines.find(([, found]) => found === name)?.[0] ?? [])[0];
  if (!result.failed && commit !== undefined && isCommit(commit)) return ok(commit);
  const missing = result.exitCode === 2;
  return err({
    category: missing ? 'usage' : 'environment',
    severity: 'error',
    code: missing ? 'no-such-ref' : 'git-failed',
    message: missing
      ? `\`${url}\` has no branch or tag \`${ref}\``
      : `\`${url}\` can't be asked: ${result.stderr.split('\n')[0] ?? 'git failed'}`,
    help: missing ? 'check `ref` in courses.yaml' : 'check the address, the network, and the login',
  });
}
