/** The guides in docs/, as what they tell people to type and to write. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '../../docs');

/** Lines of shell blocks that start our program, as words, without environment, redirections and remarks. */
export function commandsIn(guide: string): readonly (readonly string[])[] {
  const text = readFileSync(path.join(folder, guide), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.split('\n'));
  return lines.flatMap((line) => {
    const [, words] = /^(?:[A-Z_]+=\S+ )*(?:\.\/)?build ([^#>]*)/.exec(line) ?? [];
    if (words === undefined) return [];
    return [
      words
        .trim()
        .split(/\s+/)
        .map((word) => word.replaceAll("'", '')),
    ];
  });
}

/** The part of matrix.yaml that a guide shows under this key, as text; throws where it shows none. */
export function matrixPartIn(guide: string, key: string): string {
  const text = readFileSync(path.join(folder, guide), 'utf8');
  const [, part] = new RegExp(`^\`\`\`yaml\\n(${key}:[^]*?)^\`\`\``, 'm').exec(text) ?? [];
  if (part === undefined) throw new Error(`docs/${guide} shows no \`${key}:\``);
  return part;
}
