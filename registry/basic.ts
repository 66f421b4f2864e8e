/** Basic authentication (RFC 7617): name and password as a header's value. */

/** Throws for a name with a colon, which no server could tell from the password (credentials.ts lets none through). */
export function basicAuthorization(credentials: {
  readonly username: string;
  readonly password: string;
}): string {
  if (credentials.username.includes(':')) throw new TypeError('a user name must not contain a colon');
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}
