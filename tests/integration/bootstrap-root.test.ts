/**
 * A Debian root made on the spot and taken by a real engine. Needs mmdebstrap and a Debian archive.
 */
import { mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { Root } from '../../src/matrix/image-set.ts';
import { bootstrapDebianRoot } from '../../src/setup/bootstrap-root.ts';
import { localHost } from '../../src/setup/host.ts';
import { inspectMachine } from '../../src/setup/inspect-machine.ts';

const signal = AbortSignal.timeout(170_000);
const span = { file: 'matrix.yaml', line: 1, column: 1, length: 1, text: '' };
const root: Root = {
  name: `test-${process.pid}`,
  from: 'debian:trixie-slim',
  digest: undefined,
  bootstrap: { debian: 'trixie' },
  span,
};

describe('bootstrapDebianRoot', () => {
  it(
    'makes a root whose identity is the one layer that the engine has, and leaves no other trace',
    { timeout: 180_000 },
    async () => {
      const engine = connectDocker();
      await using folder = await mkdtempDisposable(join(tmpdir(), 'bootstrap-'));
      const { machine } = await inspectMachine(
        localHost,
        (asked) => engine.info(asked),
        { bootstrap: true, tests: false },
        signal,
      );
      const tools = { images: engine.images, sources: machine.sources, workDir: folder.path };
      const made = await bootstrapDebianRoot(tools, root, signal);
      if (!made.ok) throw new Error(JSON.stringify(made.error));
      try {
        const { reference, identity } = made.value;
        const image = await engine.images.inspect(reference, signal);
        if (!image.ok) throw new Error(image.error.message);
        expect(image.value.diffIds.map((diffId) => `diffid:${diffId}`)).toEqual([identity]);
        expect(image.value.tags).toEqual([reference]);
        expect(image.value.labels).toMatchObject({
          'hubwright.root': root.name,
          'hubwright.bootstrap': 'trixie',
        });
        expect(await readdir(folder.path)).toEqual([]);
      } finally {
        await engine.images.remove(made.value.reference, signal);
        await engine.close();
      }
    },
  );

  it('takes nothing from an archive that is not signed', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'bootstrap-'));
    const archive = join(folder.path, 'debian');
    await mkdir(join(archive, 'dists/trixie'), { recursive: true });
    await writeFile(join(archive, 'dists/trixie/Release'), 'Suite: trixie\nCodename: trixie\n');
    const source = { uri: `file:${archive}`, suites: ['trixie'], components: ['main'], signedBy: undefined };
    const engine = connectDocker();
    const tools = { images: engine.images, sources: [source], workDir: folder.path };
    const made = await bootstrapDebianRoot(tools, root, signal);
    await engine.close();
    expect(made).toMatchObject({ ok: false, error: { code: 'bootstrap-failed', category: 'environment' } });
    expect(made.ok ? '' : made.error.notes?.[0]?.message).toContain('is not signed');
    expect(await readdir(folder.path)).toEqual(['debian']);
  });
});
