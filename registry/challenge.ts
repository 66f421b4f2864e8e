/**
 * Reads `WWW-Authenticate` (RFC 9110, section 11.6.1) as far as registries use it.
 * Only reads; what is done about a challenge is session.ts.
 */
import type { AnswerHeaders } from './answer-headers.ts';

export type Challenge =
  | { readonly kind: 'open' }
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      /** Set apart by spaces, as it came; only challenges of a concrete request have it. */
      readonly scope: string | undefined;
    };

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The challenge to answer: Bearer before Basic, undefined when there is none that we know. */
export function readChallenge(headers: AnswerHeaders): Challenge | undefined {
  const challenges = parseChallenges(headers.get('www-authenticate') ?? '');
  const bearer = challenges.find((challenge) => challenge.scheme === 'bearer');
  const realm = bearer?.parameters.get('realm');
  if (bearer !== undefined && realm !== undefined) {
    return {
      kind: 'bearer',
      realm,
      service: bearer.parameters.get('service'),
      scope: bearer.parameters.get('scope'),
    };
  }
  return challenges.some((challenge) => challenge.scheme === 'basic') ? { kind: 'basic' } : undefined;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAMETER = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const GAP = /[\s,]*/y;

/** All challenges in a header's value; several may share one line, parted by the same comma as their parameters. */
export function parseChallenges(header: string): readonly RawChallenge[] {
  const challenges: RawChallenge[] = [];
  let parameters: Map<string, string> | undefined;
  let position = take(GAP, header, 0)?.end ?? 0;
  while (position < header.length) {
    const parameter = take(PARAMETER, header, position);
    if (parameter !== undefined && parameters !== undefined) {
      const [, name = '', quoted, plain = ''] = parameter.match;
      // The first of two that share a name: an appended one must not replace it.
      const key = name.toLowerCase();
      if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
      position = parameter.end;
    } else {
      const scheme = take(TOKEN, header, position);
      if (scheme === undefined) break;
      parameters = new Map();
      challenges.push({ scheme: scheme.match[0].toLowerCase(), parameters });
      position = scheme.end;
    }
    position = take(GAP, header, position)?.end ?? position;
  }
  return challenges;
}

function take(
  pattern: RegExp,
  text: string,
  position: number,
): { match: RegExpExecArray; end: number } | undefined {
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  return match === null ? undefined : { match, end: position + match[0].length };
}
