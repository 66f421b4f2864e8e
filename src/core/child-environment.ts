/**
 * What children of ours may know of our environment: what they need by name, and nothing else, for secrets live there
 * too. Pure.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** The way out of a site's network, for programs that talk to servers. */
export const networkNames = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/** PATH, HOME, TMPDIR and the given names, as far as they are set; `more` comes on top. */
export function childEnvironment(
  env: Environment,
  names: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const passedOn = ['PATH', 'HOME', 'TMPDIR', ...names].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passedOn), ...more };
}
