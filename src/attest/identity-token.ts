/**
 * Finds the identity token that says who runs us, where cosign looks for it too: `SIGSTORE_ID_TOKEN`, GitHub Actions,
 * the file that Kubernetes mounts, Google's metadata server. Reads of it only what makes a wrong one told early; that it
 * is genuine is for the authority to say. The token is a secret: it is noted before anything is said of it.
 */
import { readFile } from 'node:fs/promises';
import { parseJson } from '../../registry/parse-json.ts';
import type { Send } from '../../registry/transport.ts';
import { err, ok, type Result } from '../core/result.ts';
import { githubTokenSchema, tokenClaimsSchema } from './schema.ts';
import type { SignerTrouble } from './signer.ts';

export interface TokenSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly send: Send;
  /** Is told each secret as it becomes known. */
  readonly note: (secret: string) => void;
  readonly now: () => number;
}

export interface IdentityToken {
  readonly text: string;
  /** What the authority wants signed to see that the key is ours: the claim by which it knows the identity. */
  readonly subject: string;
}

/** Where Kubernetes mounts a token for cosign (a projected service account token). */
const mountedToken = '/var/run/sigstore/cosign/oidc-token';
const metadataHost = 'metadata.google.internal';
const maxTokenBytes = 64 * 1024;

type Found = { readonly text: string; readonly where: string };

/** The token, or why there is none that could be used. */
export async function findIdentityToken(
  sources: TokenSources,
  audience: string,
  signal: AbortSignal,
): Promise<Result<IdentityToken, SignerTrouble>> {
  const found = await find(sources, audience, signal);
  if (!found.ok) return found;
  const text = found.value.text.trim();
  sources.note(text);
  return readToken(text, found.value.where, audience, sources.now());
}

async function find(
  sources: TokenSources,
  audience: string,
  signal: AbortSignal,
): Promise<Result<Found, SignerTrouble>> {
  const { env } = sources;
  const given = env['SIGSTORE_ID_TOKEN'] ?? '';
  if (given !== '') return ok({ text: given, where: '`SIGSTORE_ID_TOKEN`' });
  const [address = '', bearer = ''] = [
    env['ACTIONS_ID_TOKEN_REQUEST_URL'],
    env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'],
  ];
  if (address !== '' && bearer !== '') return await askGithub(sources, address, bearer, audience, signal);
  const mounted = await readFile(mountedToken, 'utf8').catch(() => undefined);
  if (mounted !== undefined) return ok({ text: mounted, where: `\`${mountedToken}\`` });
  if (await isOnGoogle(env)) return await askGoogle(sources, audience, signal);
  const isGithub = env['GITHUB_ACTIONS'] === 'true';
  return err({
    kind: 'missing',
    code: 'identity-token-missing',
    message: 'there is no identity token to sign with, and `sign.keyless` in matrix.yaml asks for one',
    help: isGithub
      ? 'give the job `permissions: { id-token: write }`'
      : 'build servers have one (GitHub Actions, Google), or set `SIGSTORE_ID_TOKEN`; without `--push` nothing is signed',
  });
}

async function askGithub(
  { send, note }: TokenSources,
  address: string,
  bearer: string,
  audience: string,
  signal: AbortSignal,
): Promise<Result<Found, SignerTrouble>> {
  note(bearer);
  const url = URL.parse(address);
  if (url === null) return err(unreachable('`ACTIONS_ID_TOKEN_REQUEST_URL` is no address'));
  url.searchParams.set('audience', audience);
  const headers = { accept: 'application/json', authorization: `Bearer ${bearer}` };
  const answer = await send({ method: 'GET', url, host: url.host, headers, maxBytes: maxTokenBytes }, signal);
  if (answer.kind === 'failed') return err(unreachable(answer.error.message, answer.error.kind));
  const text = parseJson(githubTokenSchema, answer.body)?.value;
  if (answer.status === 200 && text !== undefined) return ok({ text, where: 'GitHub' });
  return err(unreachable(`${url.host} gave no identity token (${answer.status})`));
}

async function isOnGoogle(env: TokenSources['env']): Promise<boolean> {
  if ((env['GCE_METADATA_HOST'] ?? '') !== '') return true;
  const product = await readFile('/sys/class/dmi/id/product_name', 'utf8').catch(() => '');
  return product.includes('Google');
}

async function askGoogle(
  { env, send }: TokenSources,
  audience: string,
  signal: AbortSignal,
): Promise<Result<Found, SignerTrouble>> {
  const host = env['GCE_METADATA_HOST'] ?? metadataHost;
  const url = URL.parse(`http://${host}/computeMetadata/v1/instance/service-accounts/default/identity`);
  if (url === null) return err(unreachable('`GCE_METADATA_HOST` is no host'));
  // `full`: with the account's address, by which the authority knows it.
  url.search = new URLSearchParams({ audience, format: 'full' }).toString();
  const headers = { 'metadata-flavor': 'Google' };
  const answer = await send({ method: 'GET', url, host, headers, maxBytes: maxTokenBytes }, signal);
  if (answer.kind === 'failed') return err(unreachable(answer.error.message, answer.error.kind));
  if (answer.status === 200)
    return ok({ text: answer.body.toString('utf8'), where: 'Google’s metadata server' });
  return err(unreachable(`${host} gave no identity token (${answer.status})`));
}

function unreachable(message: string, kind?: string): SignerTrouble {
  if (kind === 'cancelled') return { kind: 'cancelled', message };
  return { kind: 'unreachable', code: 'identity-token-unreachable', message };
}

/** What the token says of itself. Its text never enters a message. */
function readToken(
  text: string,
  where: string,
  audience: string,
  now: number,
): Result<IdentityToken, SignerTrouble> {
  const [, middle = ''] = text.split('.');
  const claims = parseJson(tokenClaimsSchema, Buffer.from(middle, 'base64url'));
  if (claims === undefined || text.split('.').length !== 3) {
    return err({
      kind: 'failed',
      code: 'identity-token-invalid',
      message: `what ${where} holds is no identity token`,
      help: 'a signed JSON Web Token is wanted, as an OpenID Connect issuer gives it',
    });
  }
  const audiences = [claims.aud].flat();
  if (!audiences.includes(audience)) {
    const whom = audiences.map((each) => `\`${each}\``).join(', ');
    return err({
      kind: 'failed',
      code: 'identity-token-audience',
      message: `the identity token of ${where} is for ${whom}, and not for \`${audience}\``,
      help: `ask for one with the audience \`${audience}\`, or name the other under \`sign.keyless.audience\``,
    });
  }
  if (claims.exp * 1000 <= now) {
    return err({
      kind: 'failed',
      code: 'identity-token-expired',
      message: `the identity token of ${where} ended at ${new Date(claims.exp * 1000).toISOString()}`,
      help: 'take a fresh one right before the run; where the build server gives them out, we ask it ourselves',
    });
  }
  return ok({ text, subject: claims.email ?? claims.sub });
}
