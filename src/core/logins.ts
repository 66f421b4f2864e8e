/**
 * Finds what lets somebody in, in text that was written by hand: passwords and tokens in addresses, and tokens that their
 * makers have given a form to be known by. Pure; what to do about one is the caller's.
 */

export interface Login {
  readonly what: 'a password' | 'a token' | 'a private key';
  /** Where the secret itself stands. */
  readonly start: number;
  readonly end: number;
}

interface Form {
  readonly what: Login['what'];
  /** Its group `secret` is the secret. */
  readonly pattern: RegExp;
}

const parameters = [
  'access_token',
  'api[_-]?key',
  'auth_token',
  'client_secret',
  'job_token',
  'pass(?:wd|word)?',
  'private_token',
  'pwd',
  'secret',
  'sig(?:nature)?',
  'token',
  'x-(?:amz|goog)-signature',
].join('|');

const forms: readonly Form[] = [
  // `://user:password@host`
  { what: 'a password', pattern: /:\/\/[^\s/@:]*:(?<secret>[^\s/@]+)(?=@)/dg },
  // `://token@host`: what is as long as this is nobody's name.
  { what: 'a token', pattern: /https?:\/\/(?<secret>[^\s/@:]{20,})(?=@)/dgi },
  { what: 'a token', pattern: new RegExp(`[?&](?:${parameters})=(?<secret>[^\\s&#"']{6,})`, 'dgi') },
  {
    what: 'a token',
    pattern:
      /\b(?<secret>gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}|xox[abprs]-[\w-]{20,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)/dg,
  },
  { what: 'a private key', pattern: /(?<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----)/dg },
];

/** What lets somebody in; a placeholder (`${TOKEN}`, `{axis}`) in its place is nothing. */
export function findLogins(text: string): readonly Login[] {
  return forms
    .flatMap(({ what, pattern }) =>
      [...text.matchAll(pattern)].flatMap((match) => {
        const [start, end] = match.indices?.groups?.['secret'] ?? [0, 0];
        return /^\$?\{[^}]*\}$/.test(text.slice(start, end)) ? [] : [{ what, start, end }];
      }),
    )
    .toSorted((a, b) => a.start - b.start);
}

/** The text with stars in their places, as long as before: lines are shown in logs, which more people read than files. */
export function maskLogins(text: string): string {
  return findLogins(text).reduce(
    (masked, { start, end }) => masked.slice(0, start) + '*'.repeat(end - start) + masked.slice(end),
    text,
  );
}
