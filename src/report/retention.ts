/** What `build prune` removes from a registry, as lines and as JSON. Pure. */
import type { ReleasedContent, Retention } from '../ship/retention/expired-images.ts';
import { fitLine } from './fit-line.ts';
import { count, formatBytes } from './text.ts';
import { wrapWords } from './wrap-words.ts';

const shownDigits = 12;

/** A line for each image, kept ones with the reason, then what it comes to. Ends with a newline. */
export function renderRetention(
  { expired, kept, releases }: Retention,
  freed: number,
  removed: boolean,
  { width }: { readonly width: number },
): string {
  const line = (...parts: readonly string[]): readonly string[] => fitLine(parts, { width, indent: 2 });
  const lines = [
    ...expired.flatMap((content) =>
      line(shown(content), `last released on ${content.lastRelease.created.slice(0, 10)}`),
    ),
    ...kept.flatMap(({ content, because }) => line(shown(content), `stays: ${because}`)),
  ];
  if (expired.length === 0 && releases.length === 0) return [...lines, 'nothing has expired', ''].join('\n');
  const what = `${count(expired.length, 'image')} and ${count(releases.length, 'release')}`;
  const room = `about ${formatBytes(freed)} once the registry collects its garbage`;
  const total = removed ? `removing ${what}; frees ${room}` : `would remove ${what}, ${room}; \`--yes\` does`;
  lines.push(...wrapWords(total, width));
  return `${lines.join('\n')}\n`;
}

/** The same for programs: one document. */
export function retentionDocument(
  { expired, kept, releases }: Retention,
  freed: number,
  removed: boolean,
): string {
  const document = {
    version: 1,
    removed,
    expired: expired.map(entry),
    kept: kept.map(({ content, because }) => ({ ...entry(content), because })),
    releases: releases.map(({ run }) => run),
    freedBytes: freed,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function shown({ name, digest, tags }: ReleasedContent): string {
  const tag = tags.at(-1);
  return `${name}@${digest.slice(0, 'sha256:'.length + shownDigits)}…${tag === undefined ? '' : ` (${tag})`}`;
}

function entry({ name, reference, tags, lastRelease }: ReleasedContent): object {
  return { name, reference, tags, lastRelease: lastRelease.run };
}
