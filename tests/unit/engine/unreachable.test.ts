import { describe, expect, test, vi } from 'vitest';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import { errorOfException } from '../../../src/engine/docker/errors.ts';
import { engineDiagnostic } from '../../../src/engine/engine-diagnostic.ts';

const { signal } = new AbortController();

function denied(code: string): Error {
  return Object.assign(new Error(`connect ${code} /var/run/docker.sock`), { code });
}

/** What is told where the engine is asked at this DOCKER_HOST. */
async function toldAt(address: string): Promise<ReturnType<typeof engineDiagnostic>> {
  return await toldWhere({ DOCKER_HOST: address });
}

async function toldWhere(
  env: Readonly<Record<string, string>>,
): Promise<ReturnType<typeof engineDiagnostic>> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    const asked = await connectDocker().info(signal);
    if (asked.ok) throw new Error('an engine answers there');
    return engineDiagnostic(asked.error);
  } finally {
    vi.unstubAllEnvs();
  }
}

describe('an engine that cannot be asked', () => {
  test.each(['EACCES', 'EPERM'])('by this user is not missing: %s', (code) => {
    const error = errorOfException(denied(code), signal, { kind: 'known', address: '/var/run/docker.sock' });
    expect(error.kind).toBe('not-allowed');
    expect(engineDiagnostic(error)).toEqual({
      category: 'environment',
      severity: 'error',
      code: 'engine-not-allowed',
      message: 'this user may not ask the container engine at /var/run/docker.sock',
      help: 'run it with `sudo`, or join the group docker: `sudo usermod -aG docker $USER`, then log in again',
    });
  });

  test('at its usual socket is for setup to mend', () => {
    const refused = Object.assign(new Error('connect ENOENT'), { code: 'ENOENT' });
    const error = errorOfException(refused, signal, { kind: 'known', address: '/var/run/docker.sock' });
    expect(engineDiagnostic(error)).toMatchObject({
      code: 'engine-unreachable',
      message: 'no container engine answers at /var/run/docker.sock: connect ENOENT',
      help: '`build images --setup` installs and starts what is missing; `build doctor` tells what is there',
    });
  });

  test('where DOCKER_HOST names it is not for setup to mend', async () => {
    const told = await toldAt('unix:///nonexistent/engine.sock');
    expect(told.code).toBe('engine-unreachable');
    expect(told.message).toContain(
      'no container engine answers at unix:///nonexistent/engine.sock, which `DOCKER_HOST` names',
    );
    expect(told.help).toBe('mend it there, or unset `DOCKER_HOST` to use an engine of this machine');
  });

  test('where a context is meant that does not exist, that is told, and how to do without', async () => {
    const told = await toldWhere({ DOCKER_HOST: '', DOCKER_CONTEXT: 'gone' });
    expect(told.code).toBe('engine-unreachable');
    expect(told.message).toBe(
      "Docker's context `gone`, which should say where the engine is, is not there; `docker context ls` lists them",
    );
    expect(told.help).toBe('mend it there, or unset `DOCKER_CONTEXT` to use an engine of this machine');
  });

  test('over ssh is told how it can be', async () => {
    const told = await toldAt('ssh://ops@builder.example.org');
    expect(told.message).toContain('engines are asked by `unix://` or `tcp://`, not by `ssh://`');
    expect(told.message).toContain('ssh -NL');
  });
});
