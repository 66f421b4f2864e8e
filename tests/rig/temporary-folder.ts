/** A folder of its own for one test, gone afterwards: `await using folder = await temporaryFolder({ 'a/b': 'text' })`. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file, its folders included. */
  write(file: string, text: string): Promise<void>;
}

export async function temporaryFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<TemporaryFolder> {
  const root = await mkdtemp(path.join(tmpdir(), 'hubwright-test-'));
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return {
    path: root,
    write,
    [Symbol.asyncDispose]: async () => await rm(root, { recursive: true, force: true }),
  };
}
