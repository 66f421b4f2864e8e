/**
 * Sigstore's own servers for tests: Fulcio with an authority made for this run, and its timestamp authority, as processes
 * on free ports of this machine. build-binaries.sh builds them; HUBWRIGHT_SIGSTORE names their folder. Rekor is not
 * among them: it needs Trillian and a database.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import type { OidcIssuer } from '../oidc-issuer.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export interface SigstoreServers extends AsyncDisposable {
  readonly fulcio: string;
  /** The whole address. */
  readonly timestamps: string;
  /** Certificates in PEM. */
  readonly files: { readonly ca: string; readonly timestamps: string };
  /** What both have printed. */
  readonly log: () => string;
}

const programs = ['fulcio', 'timestamp-server'] as const;
const patienceMs = 30_000;

/** The folder with the programs. Throws, and says how to build them, where one is missing. */
export function sigstorePrograms(): string {
  const folder = process.env['HUBWRIGHT_SIGSTORE'] ?? '';
  const missing = programs.filter((program) => !existsSync(path.join(folder, program)));
  if (folder !== '' && missing.length === 0) return folder;
  throw new Error(
    `Sigstore’s servers are missing (${folder === '' ? 'HUBWRIGHT_SIGSTORE is not set' : missing.join(', ')}).\n` +
      'Build them once: tests/rig/sigstore-servers/build-binaries.sh DIR\n' +
      'Then: HUBWRIGHT_SIGSTORE=DIR npm run test:full -- keyless',
  );
}

/** Starts both, for jobs whose tokens come from this issuer: their `sub` is who they are. */
export async function startSigstoreServers(issuer: OidcIssuer): Promise<SigstoreServers> {
  const bin = sigstorePrograms();
  const stack = new AsyncDisposableStack();
  try {
    const folder = stack.use(await temporaryFolder());
    await writeFile(path.join(folder.path, 'fulcio.yaml'), fulcioConfiguration(issuer.address));
    const said: string[] = [];
    const [http, grpc, metrics, clock] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const start = (program: (typeof programs)[number], args: readonly string[]): ChildProcess => {
      const child = spawn(path.join(bin, program), ['serve', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        // One of them asks for the home folder before it reads a word.
        env: { HOME: folder.path },
        cwd: folder.path,
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
      stack.defer(() => end(child));
      return child;
    };
    const fulcio = start('fulcio', [
      '--ca=ephemeralca',
      '--ct-log-url=',
      '--config-path=fulcio.yaml',
      '--host=127.0.0.1',
      `--port=${http}`,
      '--grpc-host=127.0.0.1',
      `--grpc-port=${grpc}`,
      `--metrics-port=${metrics}`,
      `--legacy-unix-domain-socket=${folder.path}/fulcio.sock`,
    ]);
    const stamps = start('timestamp-server', [
      '--timestamp-signer=memory',
      '--disable-ntp-monitoring',
      '--host=127.0.0.1',
      `--port=${clock}`,
    ]);
    const log = () => said.join('');
    const bundle = await firstAnswer(`http://127.0.0.1:${http}/api/v2/trustBundle`, fulcio, log);
    const timestamps = `http://127.0.0.1:${clock}/api/v1/timestamp`;
    const chain = await firstAnswer(`${timestamps}/certchain`, stamps, log);
    // Fulcio's documented answer.
    const { chains } = JSON.parse(bundle) as { chains: readonly { certificates: readonly string[] }[] };
    const servers = stack.move();
    return {
      fulcio: `http://127.0.0.1:${http}`,
      timestamps,
      files: { ca: chains.flatMap(({ certificates }) => certificates).join(''), timestamps: chain },
      log,
      [Symbol.asyncDispose]: () => servers.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** As Sigstore's own configuration has it for build servers; here the token's subject is the identity. */
function fulcioConfiguration(issuer: string): string {
  return [
    'oidc-issuers:',
    `  ${issuer}:`,
    `    issuer-url: ${issuer}`,
    '    client-id: sigstore',
    '    type: ci-provider',
    '    ci-provider: rig',
    'ci-issuer-metadata:',
    '  rig:',
    '    default-template-values: {}',
    '    extension-templates: {}',
    '    subject-alternative-name-template: "{{ .sub }}"',
    '',
  ].join('\n');
}

/** Asks until the server answers: neither tells in another way that it listens. */
async function firstAnswer(address: string, child: ChildProcess, log: () => string): Promise<string> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(address).catch(() => undefined);
    if (answer?.ok === true) return await answer.text();
    await pause(50);
  }
  throw new Error(`${address} does not answer\n${log()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGKILL');
  await promise;
}
