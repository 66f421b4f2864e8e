/** Messages as the tools print them, gathered from the tools themselves and from BuildKit. */
import { describe, expect, test } from 'vitest';
import type { BuildFailure } from '../../../src/engine/engine.ts';
import { mayPushAgain, networkTrouble } from '../../../src/run/network-trouble.ts';

const exited = 'process "/bin/sh -c x" did not complete successfully: exit code: 1';

function failedStep(stepName: string): BuildFailure {
  return { kind: 'step-failed', message: exited, stepName, line: 2, exitCode: 1 };
}

function isNetwork(output: string, stepName = 'RUN x'): boolean {
  return networkTrouble(failedStep(stepName), output.split('\n')) !== undefined;
}

describe('trouble that may be over a moment later', () => {
  test.each([
    [
      'apt, no resolver',
      "W: Failed to fetch http://packages.example/dists/trixie/InRelease  Temporary failure resolving 'packages.example'\nE: Unable to locate package curl",
    ],
    [
      'apt, time-out',
      'E: Failed to fetch http://packages.example/pool/x.deb  Could not connect to packages.example:80 (192.0.2.7), connection timed out',
    ],
    [
      'apt, refused',
      'Err:1 http://packages.example trixie InRelease\n  Could not connect to packages.example:80 (192.0.2.7). - connect (111: Connection refused)',
    ],
    [
      'apt, 5xx',
      'E: Failed to fetch http://packages.example/pool/x.deb  503  Service Unavailable [IP: 192.0.2.7 80]',
    ],
    [
      'apt, TLS',
      'E: Failed to fetch https://packages.example/x.deb  Could not handshake: Error in the pull function. [IP: 192.0.2.7 443]',
    ],
    [
      'pip, no resolver',
      "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/numpy/\nERROR: Could not find a version that satisfies the requirement numpy (from versions: none)\nERROR: No matching distribution found for numpy",
    ],
    [
      'pip, reset',
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProtocolError('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))': /simple/numpy/",
    ],
    [
      'pip, time-out',
      "ReadTimeoutError: HTTPSConnectionPool(host='packages.example', port=443): Read timed out. (read timeout=15)\nRead timed out.",
    ],
    [
      'pip, TLS',
      "SSLError(SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1016)'))",
    ],
    ['pip, 5xx', 'ERROR: HTTP error 502 while getting https://packages.example/numpy.whl'],
    [
      'uv, no resolver',
      'error: Failed to fetch: `https://packages.example/simple/numpy/`\n  Caused by: client error (Connect)\n  Caused by: dns error\n  Caused by: failed to lookup address information: Temporary failure in name resolution',
    ],
    ['uv, time-out', '  Caused by: error sending request\n  Caused by: operation timed out'],
    [
      'uv, 5xx',
      '  Caused by: HTTP status server error (503 Service Unavailable) for url (https://packages.example/simple/numpy/)',
    ],
    ['npm, reset', 'npm error code ECONNRESET\nnpm error network request failed, reason: read ECONNRESET'],
    ['npm, no resolver', 'npm error code EAI_AGAIN\nnpm error syscall getaddrinfo'],
    [
      'npm, 5xx',
      'npm error code E503\nnpm error 503 Service Unavailable - GET http://packages.example/left-pad',
    ],
    [
      'git, reset',
      "fatal: unable to access 'https://git.example/x/': Recv failure: Connection reset by peer",
    ],
    [
      'git, no resolver',
      "fatal: unable to access 'https://git.example/x/': Could not resolve host: git.example",
    ],
    [
      'git, cut off',
      'error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: the remote end hung up unexpectedly',
    ],
    [
      'git, TLS',
      "fatal: unable to access 'https://git.example/x/': gnutls_handshake() failed: The TLS connection was non-properly terminated.",
    ],
    ['git, 5xx', "fatal: unable to access 'https://git.example/x/': The requested URL returned error: 503"],
    ['curl, no resolver', 'curl: (6) Could not resolve host: packages.example'],
    ['curl, time-out', 'curl: (28) Operation timed out after 2000 milliseconds with 0 bytes received'],
    [
      'curl, refused',
      "curl: (7) Failed to connect to packages.example port 443 after 0 ms: Couldn't connect to server",
    ],
    ['curl, TLS', 'curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to packages.example:443'],
    ['curl, 5xx', 'curl: (22) The requested URL returned error: 500'],
    ['wget, 5xx', 'wget: server returned error: HTTP/1.1 503 Service Unavailable'],
    ['wget, busybox, no resolver', "wget: bad address 'packages.example'"],
  ])('%s', (_case, output) => {
    expect(isNetwork(output)).toBe(true);
  });

  test.each([
    'failed to resolve source metadata for registry.example/base:1: failed to do request: Head "https://registry.example/v2/base/manifests/1": dial tcp: lookup registry.example on 192.0.2.1:53: server misbehaving',
    'failed to do request: Head "https://registry.example/v2/base/manifests/1": dial tcp 192.0.2.7:443: i/o timeout',
    'failed to do request: Get "https://registry.example/v2/": net/http: TLS handshake timeout',
    'failed to copy: httpReadSeeker: failed open: unexpected status code https://registry.example/v2/base/blobs/sha256:0: 503 Service Unavailable',
    'failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://registry.example/token: 502 Bad Gateway',
  ])('a base image that could not be pulled: %s', (message) => {
    expect(networkTrouble({ kind: 'not-solvable', message, line: 1 }, [])).toBe(message);
  });

  test('the very line is told', () => {
    expect(networkTrouble(failedStep('RUN x'), ['fetching', 'read ECONNRESET', 'giving up'])).toBe(
      'read ECONNRESET',
    );
  });
});

describe('what would be the same the next time is the image’s', () => {
  test.each([
    ['apt, gone', 'E: Failed to fetch http://packages.example/pool/x.deb  404  Not Found [IP: 192.0.2.7 80]'],
    [
      'apt, gone, while another server does not answer',
      'E: Failed to fetch http://packages.example/pool/x.deb  404  Not Found\nE: Failed to fetch http://other.example/y.deb  Connection timed out',
    ],
    ['apt, hash', 'E: Failed to fetch http://packages.example/x.deb  Hash Sum mismatch'],
    ['apt, unknown package', 'E: Unable to locate package crul'],
    ['pip, unknown package', 'ERROR: No matching distribution found for numpyy'],
    [
      'pip, hash',
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. hashes do not match',
    ],
    [
      'pip, certificate',
      '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate',
    ],
    [
      'uv, unknown package',
      '× No solution found when resolving dependencies: numpyy was not found in the package registry',
    ],
    [
      'npm, unknown package',
      'npm error code E404\nnpm error 404 Not Found - GET http://packages.example/left-pd',
    ],
    ['npm, hash', 'npm error code EINTEGRITY'],
    ['npm, unknown host', 'npm error code ENOTFOUND\nnpm error syscall getaddrinfo'],
    ['git, gone', "fatal: unable to access 'https://git.example/x/': The requested URL returned error: 404"],
    ['git, unknown branch', 'fatal: Remote branch nope not found in upstream origin'],
    ['curl, gone', 'curl: (22) The requested URL returned error: 404'],
    ['a compiler', 'main.c:5003: error: expected `;`'],
    ['a test of the image’s own', 'FAILED test_slow.py::test_slow - Failed: Timeout >5.0s'],
    [
      'a service that the build itself should have started',
      'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
    ],
  ])('%s', (_case, output) => {
    expect(isNetwork(output)).toBe(false);
  });

  test('a step without a network cannot blame it', () => {
    const output = 'curl: (6) Could not resolve host: packages.example';
    expect(isNetwork(output, 'RUN --network=none curl x')).toBe(false);
  });

  test('a file that is missing in the context is no pull', () => {
    const message = '"/connection timed out": not found';
    expect(networkTrouble({ kind: 'not-solvable', message, line: 3 }, [])).toBeUndefined();
  });
});

describe('a push', () => {
  test.each([
    ['a connection that ends', 'Put "http://192.0.2.1:5000/v2/base/manifests/latest": EOF'],
    [
      'one that is closed while it sends',
      'write tcp 192.0.2.1:1->192.0.2.2:2: use of closed network connection',
    ],
    ['one that breaks', 'write tcp 192.0.2.1:1->192.0.2.2:2: write: broken pipe'],
    ['one that is reset', 'read tcp 192.0.2.1:1->192.0.2.2:2: read: connection reset by peer'],
    ['a registry of this machine that starts anew', 'dial tcp 127.0.0.1:5000: connect: connection refused'],
    ['a registry that forgot the upload', 'blob upload unknown'],
    ['a registry that is overloaded', 'received unexpected HTTP status: 503 Service Unavailable'],
    ['a time-out', 'net/http: TLS handshake timeout'],
  ])('%s may succeed the next time', (_case, message) => {
    expect(mayPushAgain({ kind: 'failed', message })).toBe(true);
  });

  test.each([
    ['a manifest that is refused', 'failed', 'manifest invalid: manifest invalid'],
    ['a login that is refused', 'refused', 'unauthorized: authentication required'],
    ['access that is denied', 'refused', 'denied: requested access to the resource is denied'],
    [
      'a certificate',
      'failed',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    ['an engine that is gone', 'unreachable', 'no container engine answers at /run/x.sock: read ECONNRESET'],
    ['Ctrl-C', 'cancelled', 'cancelled'],
  ] as const)('%s is the same the next time', (_case, kind, message) => {
    expect(mayPushAgain({ kind, message })).toBe(false);
  });

  test('a registry that fails by itself for as long as the engine tries will go on so', () => {
    const error = {
      kind: 'failed',
      message: 'received unexpected HTTP status: 500 Internal Server Error',
    } as const;
    expect([mayPushAgain(error), mayPushAgain(error, true)]).toEqual([true, false]);
    const starting = { ...error, message: 'received unexpected HTTP status: 503 Service Unavailable' };
    expect(mayPushAgain(starting, true)).toBe(true);
  });
});
