/**
 * Reads an engine's stream of JSON lines. The engine answers 200 and tells of trouble inside the
 * stream, and docker-modem's own reader reports success even then and when the connection drops:
 * here a broken connection throws, and an error line is a value the caller has to look at.
 */
import type { TypeOf } from '../../core/shape.ts';
import { errorOfTransfer, MalformedReply } from './errors.ts';
import type { EngineError } from '../engine.ts';
import { progressLine } from './schema.ts';

export type ProgressLine = TypeOf<typeof progressLine>;

/**
 * The lines of a body, one by one, as JSON values. Chunks may split a character or a line, and the
 * last line may lack its newline. Throws MalformedReply for a line that is not JSON, and whatever
 * the body throws.
 */
export async function* jsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder();
  // Pieces of an unfinished line are kept apart: joining them at each chunk would be quadratic for long lines.
  let pieces: string[] = [];
  for await (const chunk of body) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      pieces.push(line);
      yield* parsed(pieces.join(''));
      pieces = [];
    }
    if (rest !== '') pieces.push(rest);
  }
  pieces.push(decoder.decode());
  yield* parsed(pieces.join(''));
}

function* parsed(line: string): Generator<unknown, void, undefined> {
  if (line.trim() === '') return;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new MalformedReply(`the engine sent a line that is not JSON: ${line.slice(0, 200)}`);
  }
  yield value;
}

/** The lines of a pull, push, import or build, checked for their common shape. Throws like `jsonLines`. */
export async function* progressLines(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ProgressLine, void, undefined> {
  for await (const value of jsonLines(body)) {
    const line = progressLine.safeParse(value);
    if (!line.success) throw new MalformedReply('the engine sent a line that is not understood');
    yield line.data;
  }
}

/** The error that a line tells of, if it does. */
export function errorOfLine(line: ProgressLine): EngineError | undefined {
  const message = line.errorDetail?.message ?? line.error;
  if (message === null || message === undefined) return undefined;
  return errorOfTransfer(message, line.errorDetail?.code ?? undefined);
}
