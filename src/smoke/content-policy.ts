/**
 * Whether a Content-Security-Policy (CSP Level 3) lets a page run its own scripts and ask its own server. A browser
 * obeys it; who only fetches the page sees nothing of it. Pure.
 */

/** True where any of the policies in the header shuts the page's own origin out of either. */
export function forbidsOwnScripts(header: string): boolean {
  return header.split(',').some((policy) => {
    const directives = directivesOf(policy);
    const forScripts = directives.get('script-src-elem') ?? directives.get('script-src');
    return [forScripts, directives.get('connect-src')].some(
      (sources) => (sources ?? directives.get('default-src'))?.some(maySelf) === false,
    );
  });
}

/** Of two of one name the first counts. */
function directivesOf(policy: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const part of policy.split(';')) {
    const [name = '', ...sources] = part.trim().split(/\s+/);
    if (name !== '' && !found.has(name.toLowerCase())) found.set(name.toLowerCase(), sources);
  }
  return found;
}

/** A host may be the hub's public one, which nobody here knows; a keyword other than 'self' names no origin. */
function maySelf(source: string): boolean {
  return /^'(self|strict-dynamic|nonce-.+|sha\d+-.+)'$/i.test(source) || /^[^']/.test(source);
}
