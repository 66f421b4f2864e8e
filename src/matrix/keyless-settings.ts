/**
 * What matrix.yaml says about signing without a key: `sign.keyless`, and the entries of `trust` that name an identity.
 * Text alone: what a root's files hold, and whether a server answers, is asked by the attest room.
 */
import { resolve } from 'node:path';
import type { Check } from './check.ts';
import type { Expected, KeylessSign, NamedFile, SigstoreRoot, TrustedIdentity } from './signers.ts';
import { folderOf } from './repository-path.ts';
import type { MatrixFile } from './schema.ts';
import { environmentText } from './settings.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

const publicFulcio = 'https://fulcio.sigstore.dev';
const publicRekor = 'https://rekor.sigstore.dev';
const defaultAudience = 'sigstore';

type KeylessText = NonNullable<NonNullable<MatrixFile['sign']>['keyless']>;
type TrustText = NonNullable<MatrixFile['trust']>[number];
type RootText = KeylessText['root'];

/** As whom the run signs, and by which servers; undefined where something is wrong with it. */
export function readKeyless(check: Check, text: KeylessText, directory: string): KeylessSign | undefined {
  const path = ['sign', 'keyless'];
  const before = check.findings.errorCount;
  const own = readAddress(check, [...path, 'fulcio'], text.fulcio);
  const rekor = readAddress(check, [...path, 'rekor'], text.rekor ?? (own === undefined ? publicRekor : ''));
  const timestamps = readAddress(check, [...path, 'timestamps'], text.timestamps);
  const audience = environmentText(check, [...path, 'audience'], text.audience ?? defaultAudience) ?? '';
  const root = readRoot(check, [...path, 'root'], text.root, directory);
  const span = check.source.keySpan(path);
  if (check.findings.errorCount === before) {
    if (own !== undefined && root.kind === 'public') {
      const help = 'name them: `root: trusted_root.json`, or `root: { ca: ca.pem, timestamps: tsa.pem }`';
      const message = '`fulcio` is not the public one, and `root` does not say whose certificates count';
      check.findings.add(usageError('root-missing', message, span, { help }));
    }
    if (rekor === undefined && timestamps === undefined) {
      const help = 'name a timestamp authority under `timestamps`, or a log under `rekor`';
      const message = 'nobody says when something was signed, and the certificates are good for minutes only';
      check.findings.add(usageError('time-missing', message, span, { help }));
    }
  }
  if (check.findings.errorCount > before) return undefined;
  const fulcio = own ?? publicFulcio;
  return { kind: 'keyless', fulcio, rekor, timestamps, audience: audience || defaultAudience, root, span };
}

/** Somebody whose signatures count; undefined where something is wrong with the entry. */
export function readIdentity(
  check: Check,
  index: number,
  text: TrustText,
  directory: string,
): TrustedIdentity | undefined {
  const path = ['trust', index];
  const before = check.findings.errorCount;
  const identity = readExpected(check, path, 'identity', text);
  const issuer = readExpected(check, path, 'issuer', text);
  const root = readRoot(check, [...path, 'root'], text.root, directory);
  if (check.findings.errorCount > before || identity === undefined || issuer === undefined) return undefined;
  return { kind: 'identity', identity, issuer, root, span: check.source.valueSpan(path) };
}

function readExpected(
  check: Check,
  path: YamlPath,
  what: 'identity' | 'issuer',
  text: TrustText,
): Expected | undefined {
  const [exact, pattern] = [text[what], text[`${what}Regexp`]];
  const fail = (message: string, help: string, at: YamlPath = path): undefined =>
    void check.findings.add(usageError('invalid-identity', message, check.source.valueSpan(at), { help }));
  if (exact !== undefined && pattern !== undefined)
    return fail(`both \`${what}\` and \`${what}Regexp\` are given`, 'take one of them out');
  const name = exact === undefined ? `${what}Regexp` : what;
  const written = exact ?? pattern;
  if (written === undefined) {
    return what === 'issuer'
      ? fail('an identity without its `issuer`: each issuer may call anybody so', issuerHelp)
      : fail('an `issuer` without an `identity`: that is everybody whom it knows', identityHelp);
  }
  const at = [...path, name];
  const filled = environmentText(check, at, written);
  if (filled === undefined) return undefined;
  if (filled === '') return fail(`\`${name}\` is empty`, what === 'issuer' ? issuerHelp : identityHelp, at);
  if (exact === undefined && !isPattern(filled))
    return fail(`\`${filled}\` is no regular expression`, 'correct it; it has to match the whole text', at);
  return { kind: exact === undefined ? 'pattern' : 'exact', text: filled };
}

const issuerHelp = 'for GitHub Actions: `issuer: https://token.actions.githubusercontent.com`';
const identityHelp =
  'for GitHub Actions: `identity: https://github.com/OWNER/REPOSITORY/.github/workflows/images.yaml@refs/heads/main`';

/** Whether it is a regular expression as this program reads them. */
export function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u').source !== '';
  } catch {
    return false;
  }
}

function readRoot(check: Check, path: YamlPath, text: RootText, directory: string): SigstoreRoot {
  if (text === undefined) return { kind: 'public' };
  if (typeof text === 'string') {
    const file = readFileName(check, path, text, directory);
    return file === undefined ? { kind: 'public' } : { kind: 'file', file };
  }
  const part = (name: 'timestamps' | 'rekor' | 'ct'): NamedFile | undefined => {
    const named = text[name];
    return named === undefined ? undefined : readFileName(check, [...path, name], named, directory);
  };
  const ca = readFileName(check, [...path, 'ca'], text.ca, directory);
  if (ca === undefined) return { kind: 'public' };
  return { kind: 'parts', ca, timestamps: part('timestamps'), rekor: part('rekor'), ct: part('ct') };
}

/** A file that is named has to be one: with nothing in its place the public authorities would count. */
function readFileName(check: Check, path: YamlPath, text: string, directory: string): NamedFile | undefined {
  const filled = environmentText(check, path, text);
  if (filled === undefined) return undefined;
  const span = check.source.valueSpan(path);
  if (filled === '') {
    const help = 'name a file, or take the key out';
    check.findings.add(usageError('empty-path', 'this names no file', span, { help }));
    return undefined;
  }
  const folder = folderOf(check.source.fileOf(path));
  return { path: resolve(directory, folder, filled), shown: filled, span };
}

/** An address to speak to; undefined where none is given. The token is told there, so not without TLS. */
function readAddress(check: Check, path: YamlPath, text: string | undefined): string | undefined {
  const filled = environmentText(check, path, text ?? '');
  if (filled === undefined || filled === '') return undefined;
  const url = URL.parse(filled);
  const problem =
    url === null || !/^https?:$/.test(url.protocol)
      ? 'an address begins with `https://`'
      : url.username !== '' || url.password !== ''
        ? 'leave the login out'
        : url.protocol === 'http:' && !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
          ? 'identity tokens are sent over HTTPS alone; plain HTTP is for this machine'
          : undefined;
  if (problem === undefined) return filled.replace(/\/+$/, '');
  const span = check.source.valueSpan(path);
  check.findings.add(usageError('invalid-address', `\`${filled}\` cannot be asked`, span, { help: problem }));
  return undefined;
}
