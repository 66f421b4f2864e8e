/**
 * Finds the bundle of certificates that a site wants its builds to trust, and checks that it is one.
 * Who gets it is the builds' business; it is handed to nothing else.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';

export interface CaBundle {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Where a bundle may be named. */
export interface CaBundleSources {
  /** `--ca` of the command line. */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The first that is named of `--ca`, HUBWRIGHT_CA and SSL_CERT_FILE; undefined where none is. An error
 * (`unusable-ca`) where the named file cannot be read or holds no PEM certificate; the next is not
 * tried then, because a build that trusts other authorities than asked for would be a surprise.
 */
export async function findCaBundle({
  flag,
  env,
}: CaBundleSources): Promise<Result<CaBundle | undefined, Diagnostic>> {
  const candidates = [
    { source: '--ca', path: flag },
    { source: 'HUBWRIGHT_CA', path: env['HUBWRIGHT_CA'] },
    { source: 'SSL_CERT_FILE', path: env['SSL_CERT_FILE'] },
  ];
  for (const { source, path } of candidates) {
    if (path !== undefined && path !== '') return readBundle(source, path);
  }
  return ok(undefined);
}

async function readBundle(source: string, path: string): Promise<Result<CaBundle, Diagnostic>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    // readFile throws errors of Node alone, which have a code.
    return err(unusable(source, path, `it cannot be read (${(cause as NodeJS.ErrnoException).code})`));
  }
  const trouble = troubleIn(bytes.toString('latin1'));
  return trouble === undefined ? ok({ path, bytes }) : err(unusable(source, path, trouble));
}

/** One certificate is parsed, not all of them: a system's bundle has 150, and plain starts shall be quick. */
function troubleIn(text: string): string | undefined {
  const certificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(text);
  if (certificate === null) return 'it holds no certificate in PEM';
  try {
    void new X509Certificate(certificate[0]);
    return undefined;
  } catch {
    return 'its first certificate is damaged';
  }
}

function unusable(source: string, path: string, why: string): Diagnostic {
  return {
    category: 'usage',
    severity: 'error',
    code: 'unusable-ca',
    message: `\`${path}\`, named by \`${source}\`, is no bundle of certificates: ${why}`,
    help: 'Name a PEM file with at least one certificate, such as /etc/ssl/certs/ca-certificates.crt',
  };
}
