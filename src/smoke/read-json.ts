/** What is sent to the servers of this room that stand in for others. */
import type { IncomingMessage } from 'node:http';

/** A request's body as JSON; undefined for what is none, breaks off, or is longer than `maxLength` characters. */
export async function readJson(request: IncomingMessage, maxLength: number): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk;
      if (text.length > maxLength) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
