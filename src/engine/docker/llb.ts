/**
 * A folder of small files in BuildKit's own language (LLB), so that a request to build can carry it and the engine need
 * not ask a session for it. Field numbers as in BuildKit's ops.proto.
 */
import { createHash } from 'node:crypto';
import { encodeMessage, type MessageType } from './protobuf.ts';

const makeFile: MessageType = {
  path: [1, 'text'],
  mode: [2, 'number'],
  data: [3, 'bytes'],
  timestamp: [5, 'number'],
};
const fileAction: MessageType = {
  input: [1, 'number'],
  secondaryInput: [2, 'number'],
  output: [3, 'number'],
  mkfile: [5, { one: makeFile }],
};
const fileOperation: MessageType = { actions: [2, { many: fileAction }] };
const input: MessageType = { digest: [1, 'text'] };
const operation: MessageType = { inputs: [1, { many: input }], file: [4, { one: fileOperation }] };
const description: MessageType = { description: [2, 'texts'] };
const describedOperation: MessageType = { key: [1, 'text'], value: [2, { one: description }] };

/** A graph of operations, the last of which is its result. */
export const definition: MessageType = {
  def: [1, 'pieces'],
  metadata: [2, { many: describedOperation }],
};

/** LLB's word for none: no input, no output, no time. */
const none = -1;

/** A folder of these files; `name` is what a build's progress calls the step that makes it. */
export function filesDefinition(files: Readonly<Record<string, Buffer>>, name: string): object {
  const entries = Object.entries(files);
  const actions = entries.map(([path, data], index) => ({
    // The first one stands on nothing, each other one on the one before.
    input: index === 0 ? none : index - 1,
    secondaryInput: none,
    output: index === entries.length - 1 ? 0 : none,
    mkfile: { path: `/${path}`, mode: 0o644, data, timestamp: none },
  }));
  const made = encodeMessage(operation, { file: { actions } });
  const digest = `sha256:${createHash('sha256').update(made).digest('hex')}`;
  return {
    def: [made, encodeMessage(operation, { inputs: [{ digest }] })],
    metadata: [{ key: digest, value: { description: { 'llb.customname': name } } }],
  };
}
