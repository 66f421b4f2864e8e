/**
 * Which git addresses and refs may stand in a file. What passes here can be handed to git as an argument:
 * it begins with no dash and names no transport that runs a command.
 */
import { findLogins } from '../core/logins.ts';

export type GitAddress =
  | { readonly kind: 'remote' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'invalid'; readonly message: string; readonly help?: string };

const forms = 'use an https or ssh address, or a path inside the repository';

/** Classifies an address: `https://…`, `ssh://…`, `user@host:path`, or a relative path. Total. */
export function parseGitAddress(text: string): GitAddress {
  if (text === '') return { kind: 'invalid', message: 'the git address is empty', help: forms };
  if (text.startsWith('-'))
    return { kind: 'invalid', message: 'a git address cannot begin with `-`', help: forms };
  if (/[\s\p{Cc}]/u.test(text)) {
    return { kind: 'invalid', message: 'a git address has no blanks or control characters' };
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/|:)/.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'https' || scheme === 'ssh') return parseUrl(text, scheme);
  if (scheme !== undefined) {
    return { kind: 'invalid', message: `git addresses with \`${scheme}:\` are not taken`, help: forms };
  }
  if (/^[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^:-][^:]*$/.test(text)) return { kind: 'remote' };
  if (text.includes(':')) {
    return { kind: 'invalid', message: `\`${text}\` is no git address that we take`, help: forms };
  }
  return { kind: 'path', path: text };
}

function parseUrl(text: string, scheme: string): GitAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname ?? '';
  if (url === undefined || host === '' || host.startsWith('-') || url.username.startsWith('-')) {
    return { kind: 'invalid', message: `this is no valid ${scheme} address`, help: forms };
  }
  const [login] = findLogins(text);
  if (url.password !== '' || login !== undefined) {
    return {
      kind: 'invalid',
      message: `a git address holds ${login?.what.replace('a ', 'no ') ?? 'no password'}`,
      help: 'take it out of the file and give it to the build as a secret',
    };
  }
  return { kind: 'remote' };
}

/** True for a branch, tag or commit that git would take (git-check-ref-format) and that is no option. */
export function isValidGitRef(text: string): boolean {
  if (text === '' || text.length > 255 || /^[-/]|[/.]$|\.lock$|\.\.|\/\/|@\{|\/\.|^\./.test(text))
    return false;
  return !/[\s\p{Cc}~^:?*[\\]/u.test(text);
}
