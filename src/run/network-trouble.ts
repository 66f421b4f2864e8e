/**
 * Tells a build or a push that failed for want of the network from one that is wrong: by the step that failed and by
 * what its tools said. Only what may be otherwise a moment later counts. A page that is not there, a hash that differs,
 * a package that nobody knows would be the same the next time: they are the image's. Pure.
 */
import type { BuildFailure, EngineError } from '../engine/engine.ts';

/** Words of apt, curl, git, npm, pip, uv, wget and BuildKit for trouble on the way to a server, or at it. */
const temporary: readonly RegExp[] = [
  /temporary failure (?:in name resolution|resolving)/i,
  /\bEAI_AGAIN\b|server misbehaving/,
  // These tools tell a name that does not exist and a resolver that does not answer in the same words.
  /could not resolve host\b|wget: (?:bad address|unable to resolve host)/i,
  /connection reset by peer|\bECONNRESET\b|connection (?:was )?closed before message completed/i,
  /unexpected (?:EOF|disconnect while reading|end of file)|the remote end hung up|remote end closed connection/i,
  /(?:connection|connect|operation|read|request) timed[ -]out|\bETIMEDOUT\b|i\/o timeout/i,
  /context deadline exceeded|client\.timeout exceeded/i,
  /\bTLS handshake timeout|gnutls_handshake\(\) failed|could not handshake|SSL_ERROR_SYSCALL/i,
  /UNEXPECTED_EOF_WHILE_READING|EOF occurred in violation of protocol/,
  /network is unreachable|no route to host|\bENETUNREACH\b|\bEHOSTUNREACH\b/i,
  /\b5\d\d\s+(?:internal server error|bad gateway|service unavailable|service temporarily unavailable|gateway time-?out)/i,
  /\b(?:HTTP error|returned error:|error code|status code:?|npm error code E|http status) ?(?:429|50[0234])\b/i,
  /\b429\b.{0,3}too many requests|\btoomanyrequests\b/i,
];

/** Nobody listens there: a server that starts anew; on this machine's own address it is a service that the build forgot. */
const refused = /connection refused|\bECONNREFUSED\b|failed to connect to|couldn't connect to server/i;
const loopback = /\blocalhost\b|\b127\.\d+\.\d+\.\d+\b|\[?::1\]?/;

/** What a further try would find again. It outweighs: somebody has to mend it in any case. */
const lasting: readonly RegExp[] = [
  /\b40[134]\s+(?:not found|unauthorized|forbidden)|(?:HTTP error|returned error:|status code:?) ?40[134]\b/i,
  /hash(?:es)? (?:sum )?(?:mismatch|do not match)|digest mismatch|\bEINTEGRITY\b|checksum (?:mismatch|did not match)/i,
  /certificate (?:verify failed|signed by unknown|has expired)|failed to verify certificate/i,
];

/** An engine's trouble with a base image comes without a step. */
const pulling = /failed to (?:resolve source metadata|do request|copy|fetch|authorize)|pull/i;

/**
 * The line that tells of trouble with the network; undefined where the failure is another. `tail` is what the
 * failed step printed last.
 */
export function networkTrouble(failure: BuildFailure, tail: readonly string[]): string | undefined {
  switch (failure.kind) {
    case 'step-failed':
      // A step that was told to do without the network has another problem.
      return /--network=none\b/.test(failure.stepName) ? undefined : troubleIn([...tail, failure.message]);
    case 'not-solvable':
      return failure.line === undefined || pulling.test(failure.message)
        ? troubleIn([failure.message])
        : undefined;
    case 'engine':
    case 'context-changed':
      return undefined;
    default:
      return failure satisfies never;
  }
}

/** Words of the engine for a connection to a registry that broke, and for one that forgot an upload: it started anew. */
const brokenTransfer =
  /(?:^|: )EOF$|use of closed network connection|broken pipe|server closed idle connection|blob upload (?:unknown|invalid)/i;

/** A registry that fails by itself, such as one whose disk is full: a minute later as well, and for each image anew. */
export const registryOwnFailure = /\b(?:500 internal server error|507 insufficient storage)/i;

/**
 * Whether a push that failed may succeed a moment later. A registry on this machine may well be starting just now.
 * `isRetried`: the engine has tried its layers again already, as long as it does.
 */
export function mayPushAgain({ kind, message }: EngineError, isRetried = false): boolean {
  if (kind !== 'failed' || (isRetried && registryOwnFailure.test(message))) return false;
  return brokenTransfer.test(message) || refused.test(message) || troubleIn([message]) !== undefined;
}

function troubleIn(lines: readonly string[]): string | undefined {
  if (lines.some((line) => lasting.some((pattern) => pattern.test(line)))) return undefined;
  return lines.find(
    (line) => temporary.some((pattern) => pattern.test(line)) || (refused.test(line) && !loopback.test(line)),
  );
}
