/** How gRPC sets messages apart within one stream: a byte that says whether it is compressed, its length, the message. */

/** The byte (nobody here asks for compression), and the length in four. */
const prefixLength = 5;

/** A message as it travels. */
export function prefixed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The messages of a body, whose chunks may split them anywhere; what is cut off at the end is left out. */
export async function* messages(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  // Pieces of an unfinished message are kept apart: joining them at each chunk would be quadratic for long ones.
  let pieces: Buffer[] = [];
  let length = 0;
  let wanted = prefixLength;
  for await (const chunk of body) {
    pieces.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    let rest = Buffer.concat(pieces);
    for (;;) {
      wanted = rest.length < prefixLength ? prefixLength : prefixLength + rest.readUInt32BE(1);
      if (rest.length < wanted) break;
      yield rest.subarray(prefixLength, wanted);
      rest = rest.subarray(wanted);
    }
    pieces = [rest];
    length = rest.length;
  }
}
