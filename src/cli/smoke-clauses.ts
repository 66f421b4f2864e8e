/** Holds names of clauses that a user wrote against the contract. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { usageError, usageWarning } from '../matrix/usage-error.ts';
import { allClauses } from '../smoke/contract/catalogue.ts';
import { scenes } from '../smoke/contract/profiles.ts';
import { profileOf } from '../smoke/profile.ts';
import type { Profile } from '../smoke/verdict.ts';
import { usage } from './tell.ts';

/** Mistakes in `--clause`, for images of these profiles. */
export function unknownClauses(
  asked: readonly string[],
  profiles: readonly Profile[],
): readonly Diagnostic[] {
  const known = new Set(profiles.flatMap(idsOf));
  return asked
    .filter((id) => !known.has(id))
    .map((id) =>
      usage(
        allClauses().has(id)
          ? `clause \`${id}\` is not one of \`${[...new Set(profiles)].join('` or `')}\``
          : `there is no clause \`${id}\``,
        didYouMean(id, known) ?? `there are ${[...known].join(', ')}; docs/contract.md tells of each`,
      ),
    );
}

/** Waivers that waive nothing: of clauses that do not exist (errors), or that the image is not held to (warnings). */
export function checkWaivers(set: ImageSet): readonly Diagnostic[] {
  const all = allClauses();
  const found = new Map<string, Diagnostic>();
  for (const { definition, kind, waivers } of set.images) {
    const profile = profileOf(kind);
    const own = new Set(idsOf(profile));
    for (const { clause, span } of waivers) {
      if (own.has(clause)) continue;
      const help = `docs/contract.md tells of each clause of \`${profile}\``;
      const diagnostic = all.has(clause)
        ? usageWarning(
            'idle-waiver',
            `\`${definition}\` is held to \`${profile}\`, which has no \`${clause}\``,
            span,
            { help },
          )
        : usageError('unknown-clause', `the contract has no clause \`${clause}\``, span, {
            help: didYouMean(clause, own) ?? help,
          });
      // Every image of a definition has its waivers.
      found.set(`${span.file}:${span.line}:${span.column}`, diagnostic);
    }
  }
  return [...found.values()];
}

function idsOf(profile: Profile): readonly string[] {
  return scenes[profile].flatMap(({ clauses }) => clauses.map(({ id }) => id));
}
