/** When Trivy is built, and with which Go. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from '../../../src/setup/host.ts';
import { inspectTrivy, isAtLeast, oldestGo } from '../../../src/setup/inspect-trivy.ts';
import { planSetup } from '../../../src/setup/plan-setup.ts';
import type { Machine } from '../../../src/setup/requirement.ts';
import { trivyVersion } from '../../../src/scan/trivy-program.ts';

const { signal } = new AbortController();
const machine: Machine = {
  root: false,
  apt: true,
  serviceManager: 'none',
  sources: [],
  engineVersions: [],
  daemon: undefined,
  engineAnswers: true,
  engineAddress: { kind: 'known', address: '/var/run/docker.sock' },
};

/** A machine with this Go on it, and this one among apt's packages. */
function host(go: string | undefined, offered?: string): Host {
  const policy = `golang-go:\n  Installed: (none)\n  Candidate: ${offered}\n  Version table:\n     ${offered} 500\n        500 http://mirror.example trixie/main amd64 Packages\n`;
  return {
    env: {},
    userId: 1000,
    nodeVersion: '24.0.0',
    readText: async () => undefined,
    list: async () => [],
    exists: async () => false,
    output: async (command) => {
      if (command === 'go') return go === undefined ? undefined : `go version go${go} linux/amd64\n`;
      return offered === undefined ? '' : policy;
    },
    freeBytes: async () => undefined,
  };
}

async function planned(
  go: string | undefined,
  offered?: string,
  env: Record<string, string> = {},
): Promise<unknown> {
  const places = { PATH: '/nowhere', HOME: '/nowhere', ...env };
  const plan = planSetup(await inspectTrivy(host(go, offered), places, signal), { ...machine, root: true });
  return plan.ok ? plan.value.steps.map(({ kind }) => kind) : plan.error.message;
}

test('a Trivy that is there is taken: the one that is named, on PATH, or built before', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-trivy-test-'));
  try {
    await writeFile(path.join(folder, 'trivy'), '#!/bin/sh\n', { mode: 0o755 });
    for (const env of [{ PATH: folder }, { HUBWRIGHT_TRIVY: path.join(folder, 'trivy') }])
      expect(await planned('1.19', undefined, env)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('it is built where it is missing, with a Go that is new enough, had from apt where apt has it', async () => {
  expect(await planned('1.26.8')).toEqual(['build-trivy']);
  expect(await planned(undefined, '2:1.26~1')).toEqual(['refresh-package-lists', 'install', 'build-trivy']);
  expect(await planned('1.19.8', '2:1.19~1')).toBe(
    `no package has Trivy here, and building it needs Go ${oldestGo} or newer; there is 1.19.8`,
  );
  expect(await planned(undefined)).toContain('there is none');
});

test('a name that leads nowhere is not mended by building', async () => {
  expect(await planned('1.26.8', undefined, { HUBWRIGHT_TRIVY: '/nowhere/trivy' })).toBe(
    'there is no Trivy where one is said to be',
  );
});

test('versions are compared by their numbers', () => {
  expect(isAtLeast('1.25.8', '1.25.8')).toBe(true);
  expect(isAtLeast('1.26~rc1', '1.25.8')).toBe(true);
  expect(isAtLeast('1.25', '1.25.8')).toBe(false);
  expect(isAtLeast('1.9', '1.25')).toBe(false);
});

test('what is built is what the module pins', async () => {
  const module = await readFile(path.join(import.meta.dirname, '../../../src/setup/trivy/go.mod'), 'utf8');
  expect(module).toContain(`github.com/aquasecurity/trivy v${trivyVersion}\n`);
  expect(module).toContain(`\ngo ${oldestGo}\n`);
});
