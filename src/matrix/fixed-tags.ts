/**
 * Which tags never move: those that hold a content key, those that are a version, and those that matrix.yaml says so of.
 * Why this rule: docs/decisions/0012-fixed-tags.md. Pure text.
 */

/** Words of a tag that say that it follows something, whatever version stands before them. */
const channels = new Set([
  'canary',
  'dev',
  'devel',
  'edge',
  'latest',
  'main',
  'master',
  'next',
  'nightly',
  'snapshot',
  'stable',
  'testing',
  'unstable',
]);

/** Two numbers or more, with or without `v`, and what may follow one: `v1.4`, `2026.11`, `1.4.2-rc1`. */
const version = /^v?\d+(?:\.\d+)+(?:[-_].*)?$/i;

/** Whether a tag template holds the content key: then what is behind it can be only one thing. */
export function holdsKey(template: string): boolean {
  return template.includes('{key}');
}

/** Whether a tag that matrix.yaml says nothing else of never moves. */
export function isFixedByItself(template: string): boolean {
  if (holdsKey(template)) return true;
  // A day's tag is for all that is built on that day.
  if (template.includes('{date}')) return false;
  const own = template.replaceAll(/\{name\}[-_.]?/g, '');
  return version.test(own) && !own.split(/[-_.]/).some((word) => channels.has(word.toLowerCase()));
}
