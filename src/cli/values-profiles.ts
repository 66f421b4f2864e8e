/** `build values --profiles`: the profiles of the family, as Helm values on stdout. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { nearName } from '../core/near-name.ts';
import { loadMatrix } from '../matrix/load-matrix.ts';
import { profileLists } from '../ship/values/profile-list.ts';
import { profileListsText, profileListText } from '../ship/values/profile-text.ts';
import type { CliContext } from './context.ts';
import { openRelease } from './open-release.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';

/** `role`: that role's list alone; `true`: all lists, and the hub's choice among them. */
export async function valuesProfilesCommand(
  context: CliContext,
  role: string | true,
  options: { readonly directory?: string; readonly release?: string },
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const matrix = await loadMatrix(directory, context.env);
  if (!matrix.ok) return await tell(context, matrix.error);
  const release = await openRelease(context, directory, {
    named: options.release,
    set: matrix.value.set,
  });
  if (!release.ok) return await tell(context, release.error);
  const { lists, missing } = profileLists(matrix.value.set, release.value);
  const roles = [...lists.keys()];
  const [only] = lists.values();
  const chosen = role === true ? (lists.size === 1 ? only : undefined) : lists.get(role);
  if (role !== true && chosen === undefined) {
    const near = nearName(role, roles);
    const help = near === undefined ? `roles are: ${roles.join(', ')}` : `did you mean \`${near}\`?`;
    return await tell(context, [usage(`no image has the role \`${role}\``, help)]);
  }
  if (missing.length === 0 && [...lists.values()].every((profiles) => profiles.length === 0)) {
    const help = '`kind: singleuser` or `pytorch` in matrix.yaml makes one; `build list` shows the kinds';
    return await tell(context, [
      usage('no image of the family is a user’s server: there is no profile', help),
    ]);
  }
  context.stdout.write(chosen === undefined ? profileListsText(lists) : profileListText(chosen));
  await tell(
    context,
    missing.map((name) => ({
      ...usage(
        `\`${name}\` has no profile: the release does not have it`,
        'publish it: `build images --push`',
      ),
      severity: 'warning' as const,
    })),
  );
  return exitCode.ok;
}
