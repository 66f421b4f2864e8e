/** `build exists`: whether references name something in their registries. Reads no matrix and asks no engine. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { fitLine } from '../report/fit-line.ts';
import { screenOf, type CliContext } from './context.ts';
import { parseReferences } from './references.ts';
import { registryHelp, tell } from './tell.ts';
import { openWorkplace } from './workplace.ts';

/**
 * A line for each reference: itself, then its digest or `absent`. 0 when all are there, 1 when one is absent;
 * 2 for what is no reference, and 3 where a registry could not be asked: that is never "absent".
 */
export async function existsCommand(context: CliContext, texts: readonly string[]): Promise<ExitCode> {
  const parsed = parseReferences(texts);
  if (!parsed.ok) return await tell(context, parsed.error);
  const references = parsed.value;
  await using workplace = openWorkplace(context);
  const answers = await Promise.all(
    references.map((reference) => workplace.registry.headManifest(reference, context.signal)),
  );
  const screen = screenOf(context.stdout, context.env);
  const troubles: Diagnostic[] = [];
  for (const [index, answer] of answers.entries()) {
    const text = texts[index] ?? '';
    if (answer.kind === 'failed')
      troubles.push({
        category: 'environment',
        severity: 'error',
        code: 'registry-trouble',
        message: `\`${text}\` cannot be looked up: ${answer.error.message}`,
        help: registryHelp,
      });
    else {
      const parts = [text, answer.kind === 'found' ? answer.digest : 'absent'];
      screen.write(`${fitLine(parts, { width: screen.width, indent: 2 }).join('\n')}\n`);
    }
  }
  if (troubles.length > 0) return await tell(context, troubles);
  return answers.every(({ kind }) => kind === 'found') ? exitCode.ok : exitCode.imageFailed;
}
