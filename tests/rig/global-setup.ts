/**
 * Runs once around a whole run of tests, in vitest's own process. Starts nothing by itself: a run of unit
 * tests stays cheap. What test files share (tests/rig/second-engine.ts) lies in one folder, whose name they
 * are given, and is ended here.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { endSecondEngine, sharedFolderPrefix, sweepAbandoned } from './second-engine.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sharedFolder: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
  project.provide('sharedFolder', folder);
  return () => endSecondEngine(folder);
}
