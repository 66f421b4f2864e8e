/**
 * What whoever signs has in common, with a key or without: what is asked of them, and what they answer. Types, and the
 * words for what can go wrong.
 */
import type { Result } from '../core/result.ts';
import type { Trusted } from './trusted.ts';

/** Something to be signed: a statement, whose envelope is signed, or bytes as they are. */
export interface ToSign {
  readonly kind: 'statement' | 'bytes';
  readonly bytes: Buffer;
}

/** A signature, and by what a reader knows whose it is. */
export interface Signature {
  /** Base64. */
  readonly value: string;
  readonly by: SignedBy;
}

export type SignedBy = { readonly kind: 'key'; readonly hint: string } | Certified;

/** A key that was made for this run, and what vouches for it. */
export interface Certified {
  readonly kind: 'certificate';
  /** PEM. */
  readonly certificate: string;
  /** PEM of the authorities above it. */
  readonly chain: string;
  /** Answers of a timestamp authority (DER), where one was asked. */
  readonly timestamps: Timestamps | undefined;
  /** What the log answered, where one was asked. */
  readonly entry: LogEntry | undefined;
}

/** When the signature was seen, and of a statement also when its whole envelope was: bundles have the one, cosign 2 the other. */
export interface Timestamps {
  readonly signature: Buffer;
  readonly envelope: Buffer | undefined;
}

/** An entry of Rekor's log, as its API (version 1) tells of it. */
export interface LogEntry {
  /** Base64. */
  readonly body: string;
  readonly integratedTime: number;
  /** Hexadecimal. */
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly hashes: readonly string[];
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
  };
}

/** A sentence for a person, and what to do where that is known. */
export interface SignerTrouble {
  /** `missing`: something has to be there first. `unreachable`: a server does not answer. `failed`: what was asked is wrong. */
  readonly kind: 'cancelled' | 'missing' | 'unreachable' | 'failed';
  /** Of the diagnostic; `signing-key` where nothing says more. */
  readonly code?: string;
  readonly message: string;
  readonly help?: string;
}

export interface Signer {
  /** As whom it signs: whose signatures are its own. */
  readonly self: Trusted;
  /** A signature for each, in their order. */
  sign(items: readonly ToSign[], signal: AbortSignal): Promise<Result<readonly Signature[], SignerTrouble>>;
}
