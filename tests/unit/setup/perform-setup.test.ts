/** How a plan is carried out: in order, files whole, no further than the first failure. */
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { err } from '../../../src/core/result.ts';
import type { AskEngine } from '../../../src/setup/inspect-machine.ts';
import { performSetup } from '../../../src/setup/perform-setup.ts';
import type { SetupStep } from '../../../src/setup/requirement.ts';

const signal = new AbortController().signal;
const askEngine: AskEngine = () => Promise.resolve(err({ kind: 'unreachable', message: 'none' }));

describe('performSetup', () => {
  it('writes files whole, into folders that may not exist yet, and leaves nothing beside them', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'setup-'));
    const path = join(folder.path, 'etc/a.sources');
    const titles: string[] = [];
    const done = await performSetup(
      { steps: [write(path, 'one\n'), write(path, 'two\n')] },
      { askEngine, onStep: ({ title }) => titles.push(title) },
      signal,
    );
    expect(done.ok).toBe(true);
    expect(titles).toEqual(['write one\n', 'write two\n']);
    expect(await readFile(path, 'utf8')).toBe('two\n');
    expect(await readdir(join(folder.path, 'etc'))).toEqual(['a.sources']);
  });

  it('stops at the first step that fails, and says which and why', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'setup-'));
    await writeFile(join(folder.path, 'file'), '');
    const after = join(folder.path, 'after');
    const done = await performSetup(
      { steps: [write(join(folder.path, 'file/a'), 'one'), write(after, 'two')] },
      { askEngine, onStep: () => undefined },
      signal,
    );
    expect(done).toMatchObject({
      ok: false,
      error: { code: 'setup-failed', category: 'environment', message: 'setup stopped at: write one' },
    });
    expect(done.ok ? '' : done.error.notes?.[0]?.message).toMatch(/^E(?:NOTDIR|EXIST)/);
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('does nothing after an interruption', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'setup-'));
    const steps = [write(join(folder.path, 'a'), 'one')];
    const aborted = AbortSignal.abort();
    await expect(performSetup({ steps }, { askEngine, onStep: () => undefined }, aborted)).rejects.toThrow(
      /abort/i,
    );
    expect(await readdir(folder.path)).toEqual([]);
  });
});

function write(path: string, content: string): SetupStep {
  return {
    kind: 'write-file',
    title: `write ${content}`,
    reason: '',
    shown: [`write ${path}`],
    path,
    content,
  };
}
