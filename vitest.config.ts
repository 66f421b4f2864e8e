/**
 * How tests run. `tests/run` chooses the suite by folder; a plain `vitest run` takes unit and integration.
 */
import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/rig/longest-first.ts';

// oxlint-disable-next-line import/no-default-export -- vitest reads this file's default export
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // Relative to the folder that is searched, so that `--dir tests/full` finds its own tests.
    exclude: [...configDefaults.exclude, 'tests/full/**', 'tests/bench/**', 'images/**', '.hubwright/**'],
    globalSetup: ['tests/rig/global-setup.ts'],
    // Processes, since tests end servers, change environments and must not share a signal's fate.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Time for real servers on a busy machine; a test that hangs is still told before the suite's limit.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    // What is waited for comes in its time; on a busy machine that is not the default's one second.
    expect: { poll: { timeout: 30_000 } },
  },
});
