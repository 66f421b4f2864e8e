/**
 * Builds Trivy from the module that trivy/ pins, by Go's own client and checksums, into the user's cache folder. Takes
 * ten minutes on two processors, once for each version.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import { err, ok, type Result } from '../core/result.ts';
import { builtTrivy, trivyVersion, type Environment } from '../scan/trivy-program.ts';

const source = path.join(import.meta.dirname, 'trivy');
const command = 'github.com/aquasecurity/trivy/cmd/trivy';

/** Where modules come from and where they are kept is the machine's to say; nothing else reaches the build. */
const passedOn = [
  ...networkNames,
  'XDG_CACHE_HOME',
  'GOPROXY',
  'GONOPROXY',
  'GOPRIVATE',
  'GOSUMDB',
  'GONOSUMDB',
  'GOMODCACHE',
  'GOCACHE',
  'GOPATH',
  'GOFLAGS',
];

/** Builds it; the error is the end of what Go said. */
export async function buildTrivy(env: Environment, signal: AbortSignal): Promise<Result<string, string>> {
  const target = builtTrivy(env);
  const temporary = `${target}.${process.pid}.part`;
  await mkdir(path.dirname(target), { recursive: true });
  const flags = ['-mod=readonly', '-trimpath'];
  const linked = `-s -w -X github.com/aquasecurity/trivy/pkg/version/app.ver=${trivyVersion}`;
  const built = await execa('go', ['build', ...flags, '-ldflags', linked, '-o', temporary, command], {
    cwd: source,
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
    env: childEnvironment(env, passedOn, {
      GOTOOLCHAIN: 'local',
      GOEXPERIMENT: 'jsonv2',
      GOWORK: 'off',
      CGO_ENABLED: '0',
    }),
    extendEnv: false,
  });
  signal.throwIfAborted();
  if (built.exitCode !== 0) {
    await rm(temporary, { force: true });
    const output = built.all.split('\n').slice(-20).join('\n');
    return err(output === '' ? (built.shortMessage ?? 'go could not be run') : output);
  }
  await rename(temporary, target);
  return ok(target);
}
