/** With what published images are signed, and whose signatures count, as matrix.yaml says it. Types only. */
import type { SourceSpan } from '../core/diagnostic.ts';

/** A key of cosign's: a file, or an address in a service that keeps it. */
export interface KeySource {
  readonly kind: 'file' | 'service';
  /** Absolute path, or address such as `gcpkms://…`. */
  readonly address: string;
  /** As it is written. */
  readonly shown: string;
}

/** With what published images are signed. */
export type SignSettings = KeySign | KeylessSign;

/** With a key that somebody keeps. */
export interface KeySign {
  readonly kind: 'key';
  readonly key: KeySource;
  readonly span: SourceSpan | undefined;
}

/** As somebody: an authority (Fulcio) turns an identity token into a certificate that is good for minutes. */
export interface KeylessSign {
  readonly kind: 'keyless';
  readonly fulcio: string;
  /** The log that signatures are written into; undefined: none. */
  readonly rekor: string | undefined;
  /** What says when something was signed (RFC 3161); undefined: nobody but the log. */
  readonly timestamps: string | undefined;
  /** Whom identity tokens have to be for. */
  readonly audience: string;
  readonly root: SigstoreRoot;
  readonly span: SourceSpan | undefined;
}

/** The authorities and logs whose word on an identity counts. */
export type SigstoreRoot =
  /** Sigstore's public instance, as its TUF repository tells. */
  | { readonly kind: 'public' }
  /** A trusted root as `cosign trusted-root create` writes it. */
  | { readonly kind: 'file'; readonly file: NamedFile }
  /** PEM files, one for each service. */
  | {
      readonly kind: 'parts';
      readonly ca: NamedFile;
      readonly timestamps: NamedFile | undefined;
      readonly rekor: NamedFile | undefined;
      readonly ct: NamedFile | undefined;
    };

export interface NamedFile {
  /** Absolute path. */
  readonly path: string;
  /** As it is written. */
  readonly shown: string;
  readonly span: SourceSpan | undefined;
}

/** Whose signatures count. */
export type TrustEntry = TrustedKey | TrustedIdentity;

/** A public key whose signatures count. */
export interface TrustedKey {
  readonly kind: 'key';
  readonly key: KeySource;
  readonly span: SourceSpan | undefined;
}

/** Somebody whose signatures count, as certificates name them. */
export interface TrustedIdentity {
  readonly kind: 'identity';
  readonly identity: Expected;
  readonly issuer: Expected;
  readonly root: SigstoreRoot;
  readonly span: SourceSpan | undefined;
}

/** A text, or a regular expression that the whole of it has to match. */
export interface Expected {
  readonly kind: 'exact' | 'pattern';
  readonly text: string;
}
