/** The command of a user's own by which an image of kind `custom` is tested. Whether it holds is the smoke room's matter. */
import type { Check } from './check.ts';
import type { BuildDefinition } from './schema.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** `check:` as written; undefined where there is none, or where it means nothing, which is told. */
export function readOwnCheck(
  check: Check,
  path: YamlPath,
  { check: command, kind }: BuildDefinition,
): string | undefined {
  if (command === undefined) return undefined;
  const at = [...path, 'check'];
  if (kind !== 'custom') {
    const help = `what a \`${kind}\` has to do, docs/contract.md tells; only of \`custom\` nothing is known`;
    check.findings.add(
      usageError('invalid-value', '`check` belongs to kind `custom` alone', check.source.keySpan(at), {
        help,
      }),
    );
    return undefined;
  }
  if (command.trim() !== '') return command;
  check.findings.add(usageError('invalid-value', '`check` is empty', check.source.valueSpan(at)));
  return undefined;
}
