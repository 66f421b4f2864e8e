/** `build smoke` as a user types it, on images of a few megabytes. What the clauses find is seen elsewhere. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { patience, valueOf } from '../rig/engine.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 300_000 });

const root = 'FROM rig.example/{p}root:1\n';

/** An image of which only Docker knows. */
async function foreign({ engine, prefix }: Workspace, name: string, dockerfile: string): Promise<string> {
  const reference = `${prefix}foreign/${name}:1`;
  const stored = valueOf(await engine.images.list({}, patience()));
  const from = stored.flatMap(({ tags }) => tags).find((tag) => tag.startsWith(`hubwright/root-${prefix}`));
  const built = await engine.build(
    {
      name,
      dockerfile: `FROM ${from ?? 'scratch'}\n${dockerfile}`,
      dockerfilePath: 'Dockerfile',
      context: undefined,
      args: {},
      labels: { hubwright: prefix },
      tags: [reference],
      secrets: new Map(),
      credentials: async () => undefined,
      noCache: false,
    },
    () => {},
    patience(),
  );
  valueOf(built);
  return reference;
}

function verdictsOf(stdout: string): readonly Record<string, unknown>[] {
  // Our own documents, one a line.
  return stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** How many containers, volumes and networks carry a label with this value. */
async function left({ engine }: Workspace, run: string): Promise<number> {
  const label = `hubwright=${run}`;
  const [containers, volumes, networks] = await Promise.all([
    engine.listContainers(label, patience()),
    engine.listVolumes(label, patience()),
    engine.listNetworks(label, patience()),
  ]);
  return valueOf(containers).length + valueOf(volumes).length + valueOf(networks).length;
}

/** The runs that have containers named after an image. */
async function ours({ engine }: Workspace, image: string): Promise<readonly string[]> {
  const name = `hubwright-${image.replaceAll(/[^a-zA-Z0-9_.-]/g, '-').slice(0, 40)}`;
  const containers = valueOf(await engine.listContainers('hubwright', patience()));
  return containers.flatMap((each) => (each.name.startsWith(name) ? [each.labels['hubwright'] ?? ''] : []));
}

describe.concurrent('an image of the family', () => {
  test('is judged as the record has it; the verdict is kept, and told by explain', async () => {
    await using family = await workspace({
      'matrix.yaml': matrixOf(['good', 'bad'], ''),
      'good/Dockerfile': trivial,
      'bad/Dockerfile': `${root}CMD ["sh", "-c", "echo broken; exit 3"]\n`,
    });
    const early = await family.build(['smoke', '{p}good']);
    expect(early.exitCode).toBe(3);
    expect(early.stderr).toContain(`\`${family.prefix}good\` has not been built as its files are now`);

    expect((await family.build(['images', '{p}good'])).exitCode).toBe(0);
    const judged = await family.build(['smoke', '{p}good', '--json']);
    expect(judged.exitCode, judged.stderr).toBe(0);
    const clauses = expect.arrayContaining([
      expect.objectContaining({ id: 'C1', result: 'pass', severity: 'must' }),
    ]);
    expect(verdictsOf(judged.stdout)).toMatchObject([
      {
        version: 1,
        image: `${family.prefix}good`,
        profile: 'custom',
        tier: 'gate',
        verdict: 'pass',
        digest: null,
        clauses,
      },
    ]);
    const told = await family.build(['explain', '{p}good']);
    expect(told.stdout).toMatch(/^ {2}last test +passed .* \(just now\); contract \d+, custom, gate$/m);

    // Built, and refused: its bytes are there to be looked at again.
    expect((await family.build(['images', '{p}bad'])).exitCode).toBe(1);
    const bad = await family.build(['smoke', '{p}bad', '{p}good']);
    expect(bad.exitCode, bad.stderr).toBe(1);
    expect(bad.stdout).toContain('✗ C1   FAILED: ');
    expect(bad.stdout).toContain('│ ended with exit code 3');
    expect(bad.stdout).toMatch(/the last line that it printed:\n {2}│ broken/);
    expect(bad.stdout).toMatch(/2 images: 1 can be used, 1 cannot\n {2}✗ \S+bad: C1$/);
  });

  test('a deep pass is one of its own, and one of the gate', async () => {
    await using family = await workspace({ 'matrix.yaml': matrixOf(['base']), 'base/Dockerfile': trivial });
    const passes = async (): Promise<number> =>
      valueOf(await family.engine.images.list({}, patience()))
        .flatMap(({ tags }) => tags)
        .filter((tag) => tag.startsWith(`hubwright/${family.prefix}base:pass-`)).length;
    expect((await family.build(['images'])).exitCode).toBe(0);
    expect(await passes()).toBe(1);
    expect((await family.events(['--changed', '--deep'])).events.at(-1)).toMatchObject({
      counts: { done: 1, reused: 0 },
    });
    expect(await passes()).toBe(2);
    for (const tier of [[], ['--deep']]) {
      const again = await family.events(['--changed', ...tier]);
      expect(again.events.at(-1)).toMatchObject({ counts: { done: 0, reused: 1 } });
    }
  });

  test('a waived failure is published, and never called passed', async () => {
    const waived = '[{ clause: C1, reason: "the vendor mends it", until: 2999-12-31 }]';
    const matrix = matrixOf(['base']).replace('kind: custom', `kind: custom, waivers: ${waived}`);
    await using family = await workspace({
      'matrix.yaml': matrix,
      'base/Dockerfile': `${root}CMD ["false"]\n`,
    });
    const run = await family.events([]);
    expect(run.exitCode, run.stderr).toBe(0);
    const clause = {
      kind: 'clause',
      id: 'C1',
      result: 'waived',
      waiver: { reason: 'the vendor mends it', until: '2999-12-31' },
    };
    expect(run.events).toContainEqual(expect.objectContaining(clause));
    expect(run.events).toContainEqual(
      expect.objectContaining({
        kind: 'remark',
        message: expect.stringContaining('waived until 2999-12-31'),
      }),
    );
    const judged = await family.build(['smoke', '{p}base']);
    expect(judged.exitCode).toBe(0);
    expect(judged.stdout).toContain('~ C1   waived until 2999-12-31: ');
    expect(judged.stdout).toMatch(/✓ can be used .*1 waived/);

    await family.write('matrix.yaml', matrix.replace('clause: C1', 'clause: C11'));
    const wrong = await family.build(['plan']);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('the contract has no clause `C11`');
    expect(wrong.stderr).toContain('did you mean `C1`?');
  });
});

describe.concurrent('any other image', () => {
  test('is held to what it looks like, needs no matrix.yaml, and leaves nothing behind', async () => {
    await using family = await workspace({ 'empty/file': '' });
    const image = await foreign(family, 'server', 'EXPOSE 8888\nCMD ["sleep", "600"]\n');
    const junit = path.join(family.directory, 'junit.xml');
    const judged = await family.build(['smoke', image, '--clause', 'S1', '--junit', junit]);
    expect(judged.exitCode, judged.stderr).toBe(1);
    expect(judged.stdout).toContain(
      `${image}\n  judged as \`singleuser\` (it exposes port 8888; \`--profile\` says otherwise)`,
    );
    expect(judged.stdout).toContain('✗ S1   FAILED: ');
    // Only the scene that was asked for was played.
    expect(judged.stdout).not.toContain('S26');
    expect(judged.stdout).toContain('✗ cannot be used: S1 failed');
    expect(await readFile(junit, 'utf8')).toMatch(/<testsuite name="\S+" tests="1" failures="1"/);
  });

  test('may be called like an image of a family, where there is no family', async () => {
    await using family = await workspace({ 'empty/file': '' });
    const image = await foreign(family, 'server', 'CMD ["sleep", "600"]\n');
    const bare = `${family.prefix}base`;
    await execa('docker', ['tag', image, bare]);
    const judged = await family.build(['smoke', bare, '--profile', 'custom']);
    await execa('docker', ['rmi', bare]);
    expect(judged.exitCode, judged.stderr).toBe(0);
    expect(judged.stdout).toContain(bare);
  });

  test('is kept on request, with the commands that look inside and remove it', async () => {
    await using family = await workspace({ 'empty/file': '' });
    const image = await foreign(family, 'kept', 'CMD ["sleep", "600"]\n');
    const judged = await family.build(['smoke', image, '--profile', 'custom', '--keep']);
    expect(judged.exitCode, judged.stderr).toBe(0);
    const name = /docker exec -it (\S+) sh/.exec(judged.stderr)?.[1] ?? '';
    const states = valueOf(await family.engine.listContainers('hubwright', patience()));
    const state = states.find((each) => each.name === name);
    expect(state?.status).toBe('running');
    const run = state?.labels['hubwright'] ?? '';
    expect(await left(family, run)).toBeGreaterThan(1);
    const [, removal = ''] = judged.stderr.split('to remove it all:\n');
    for (const command of removal.trim().split('\n')) await execa('sh', ['-c', command]);
    expect(await left(family, run)).toBe(0);
  });

  test('is held to a command of one’s own, as matrix.yaml may give one', async () => {
    await using family = await workspace({
      'matrix.yaml': matrixOf(['own']).replace(
        'kind: custom',
        'kind: custom, check: "test -d /proc && echo no >&2; false"',
      ),
      'own/Dockerfile': trivial,
    });
    const run = await family.build(['images']);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('C2');
    const image = await foreign(family, 'own', 'CMD ["true"]\n');
    const judged = await family.build(['smoke', '{p}own', image, '--check', 'echo fine; exit 4']);
    expect(judged.exitCode).toBe(1);
    expect(judged.stdout.match(/✗ C2 {3}FAILED: /g)).toHaveLength(2);
    expect(judged.stdout).toMatch(/│ \/bin\/sh -c echo fine; exit 4\n *│ exit code 4 after .*\n *│ fine$/m);
    const good = await family.build(['smoke', image, '--check', 'true', '--json']);
    expect(verdictsOf(good.stdout)).toMatchObject([{ profile: 'custom', verdict: 'pass' }]);
  });

  test('leaves nothing behind where somebody has enough of it', async () => {
    await using family = await workspace({ 'empty/file': '' });
    const image = await foreign(family, 'slow', 'CMD ["sleep", "600"]\n');
    const running = family.start(['smoke', image, '--profile', 'custom', '--check', 'sleep 600']);
    await vi.waitFor(async () => expect(await ours(family, image)).not.toEqual([]), {
      timeout: 60_000,
      interval: 200,
    });
    const [run = ''] = await ours(family, image);
    running.kill('SIGINT');
    const { exitCode } = await running;
    expect(exitCode).toBe(130);
    expect(await left(family, run)).toBe(0);
  });

  test('that nobody has, or a clause that is none, is told', async () => {
    await using family = await workspace({ 'empty/file': '' });
    const absent = await family.build(['smoke', 'localhost:1/nobody/has-it:1']);
    expect(absent.exitCode).toBe(3);
    expect(absent.stderr).toContain('neither the engine nor a registry has `localhost:1/nobody/has-it:1`');
    const image = await foreign(family, 'clause', 'CMD ["true"]\n');
    const clause = await family.build(['smoke', image, '--profile', 'custom', '--clause', 'C9']);
    expect(clause.exitCode).toBe(2);
    expect(clause.stderr).toContain('there is no clause `C9`');
    const nothing = await family.build(['smoke']);
    expect(nothing.exitCode).toBe(2);
    expect(nothing.stderr).toContain('which image shall be tested?');
  });

  test('of which what was asked could not be judged is not called usable', async () => {
    await using family = await workspace({
      'matrix.yaml': matrixOf(['good'], ''),
      'good/Dockerfile': trivial,
    });
    await family.build(['plan']);
    const image = await foreign(family, 'dead', 'CMD ["true"]\n');
    const asked = ['smoke', image, '--profile', 'singleuser', '--clause', 'S4'];
    const judged = await family.build(asked);
    expect(judged.stdout).toContain('not judged: S4');
    expect(judged.stdout).not.toContain('can be used');
    expect(judged.exitCode).toBe(1);
    const told = await family.build([...asked, '--json']);
    expect(verdictsOf(told.stdout)).toMatchObject([{ verdict: 'fail', clauses: [{ result: 'not-run' }] }]);
  });

  test('without a command is refused for that, or held to the check that is given', async () => {
    await using family = await workspace({
      'matrix.yaml': matrixOf(['good'], ''),
      'good/Dockerfile': trivial,
    });
    await family.build(['plan']);
    const image = await foreign(family, 'mute', 'ENTRYPOINT []\nCMD []\n');
    const refused = await family.build(['smoke', image, '--profile', 'custom']);
    expect(refused.stdout).toContain('neither an ENTRYPOINT nor a CMD');
    expect(refused.exitCode).toBe(1);
    const checked = await family.build(['smoke', image, '--check', 'true']);
    expect(checked.exitCode, checked.stdout + checked.stderr).toBe(0);
    const wrong = await family.build(['smoke', image, '--check', 'exit 4']);
    expect(wrong.stdout).toContain('exit code 4');
    expect(wrong.exitCode).toBe(1);
  });

  test('without an engine is exit code 3', async () => {
    await using family = await workspace({ 'empty/file': '' });
    const judged = await family.build(['smoke', 'x'], { DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    expect(judged.exitCode).toBe(3);
    expect(judged.stderr).toContain('engine-unreachable');
  });
});
