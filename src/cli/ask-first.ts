/** A question before something that cannot be taken back. */
import { createInterface } from 'node:readline/promises';
import type { CliContext } from './context.ts';

/** `nobody`: there is no terminal to ask on. An empty answer is `otherwise`. */
export async function askFirst(
  context: CliContext,
  question: string,
  otherwise: 'yes' | 'no',
): Promise<'yes' | 'no' | 'nobody'> {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true) return 'nobody';
  const lines = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = (await lines.question(question, { signal: context.signal })).trim().toLowerCase();
    if (answer === '') return otherwise;
    return ['y', 'yes'].includes(answer) ? 'yes' : 'no';
  } finally {
    lines.close();
  }
}
