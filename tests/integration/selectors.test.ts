/** Selectors as a user writes them. Mistakes are told before an engine is asked: DOCKER_HOST leads nowhere. */
import { describe, expect, it } from 'vitest';
import { build } from '../rig/command.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const files = {
  'matrix.yaml': 'images:\n  base: { context: base, kind: custom, axes: { size: [small, large] } }\n',
  'base/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n',
};

const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

describe('selectors on the command line', () => {
  it.each([['images'], ['plan'], ['lock']])('`build %s` tells all that mean nothing', async (command) => {
    await using folder = await temporaryFolder(files);
    const { exitCode, stdout, stderr } = await build(
      folder.path,
      [command, 'bse', '!size=smal', 'base-*', '+'],
      nowhere,
    );
    expect(stdout).toBe('');
    expect(stderr.trimEnd()).toBe(
      [
        'error[unknown-image]: no image, definition or group is called `bse`',
        '  = help: did you mean `base`?',
        '',
        'error[unknown-image]: no image has `smal` for its axis `size`',
        '  = help: did you mean `small`?',
        '',
        'error[invalid-selector]: `+` selects nothing',
        "  = help: write a name, a glob (`'course-*'`) or an axis value (`role=student`), perhaps with `+` or `!`",
      ].join('\n'),
    );
    expect(exitCode).toBe(2);
  });

  it('that are right go on to the engine', async () => {
    await using folder = await temporaryFolder(files);
    const { exitCode, stderr } = await build(folder.path, ['plan', '+base-*', '!size=small'], nowhere);
    expect(stderr).toContain('error[engine-unreachable]');
    expect(exitCode).toBe(3);
  });

  it.each([['images'], ['plan'], ['lock']])('are explained by `build %s --help`', async (command) => {
    await using folder = await temporaryFolder(files);
    const { stdout } = await build(folder.path, [command, '--help'], nowhere);
    expect(stdout).toContain("'course-*'       images by their names");
  });
});
