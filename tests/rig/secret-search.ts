/** Searches folders for secrets in the forms in which they could have leaked; what is compressed is unpacked first. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The forms of a secret that are searched for: plain, base64 wherever it stands in the encoded text, URL-encoded. */
export function leakForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = ['', 'x', 'xx'].map((before) => {
    const text = Buffer.concat([Buffer.from(before), bytes]).toString('base64');
    // Characters at the ends depend on what stands beside the secret.
    return text.slice(before.length === 0 ? 0 : 4, Math.floor(((before.length + bytes.length) * 8) / 6) - 1);
  });
  return [secret, encodeURIComponent(secret), ...base64];
}

/** `<where>: <name of the secret>` for each secret that the text holds in any form. */
export function leaksIn(
  where: string,
  text: string | Buffer,
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  const searched = Buffer.from(text);
  return Object.entries(secrets).flatMap(([name, secret]) =>
    leakForms(secret).some((form) => searched.includes(form)) ? [`${where}: ${name}`] : [],
  );
}

/** The same of every file below a folder; `skip` names files that are meant to hold them. */
export async function leaksBelow(
  folder: string,
  secrets: Readonly<Record<string, string>>,
  skip: readonly string[] = [],
): Promise<{ readonly files: number; readonly leaks: readonly string[] }> {
  const leaks: string[] = [];
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const shown = path.relative(folder, file);
    if (!entry.isFile() || skip.includes(shown)) continue;
    files += 1;
    const bytes = await readFile(file);
    leaks.push(...leaksIn(shown, bytes, secrets));
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    if (isPacked) leaks.push(...leaksIn(`${shown} (unpacked)`, gunzipSync(bytes), secrets));
  }
  return { files, leaks };
}
