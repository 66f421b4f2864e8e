/** What the workflow for GitHub promises, whatever is chosen. That GitHub understands it is tests/full's to show. */
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { githubWorkflow, type WorkflowChoices } from '../../../src/ship/emit/github-workflow.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly if?: string;
}
interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if: string;
        readonly permissions: Readonly<Record<string, string>>;
        readonly steps: readonly Step[];
      }
    >
  >;
}

const plain: WorkflowChoices = {
  command: './build',
  branch: 'main',
  cron: '17 2 * * *',
  registry: undefined,
  levels: 0,
  signsAsItself: false,
  secrets: ['COURSES_TOKEN'],
  python: false,
};

const read = (choices: Partial<WorkflowChoices>): Workflow =>
  parse(githubWorkflow({ ...plain, ...choices })) as Workflow; // our own text

describe.each([{ levels: 0 }, { levels: 3 }, { registry: 'registry.example.org/hub', levels: 2 }])(
  'with $levels levels and registry $registry',
  (choices) => {
    const { permissions, jobs } = read(choices);

    test('every action is pinned by commit, and says which release that is', () => {
      const text = githubWorkflow({ ...plain, ...choices });
      const uses = [...text.matchAll(/uses: (.*)$/gm)].map((match) => match[1]);
      expect(uses.length).toBeGreaterThan(5);
      for (const each of uses) expect(each).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    test('nothing is granted but what a job says, and only the night may write to the repository', () => {
      expect(permissions).toEqual({});
      const writers = Object.entries(jobs).filter(([, job]) => job.permissions['contents'] === 'write');
      expect(writers.map(([name]) => name)).toEqual(['night']);
      expect(jobs['pull-request']?.permissions).toEqual({ contents: 'read', packages: 'read' });
    });

    test('a request from a fork sees no secret of its builds, and pushes nothing', () => {
      const steps = jobs['pull-request']?.steps ?? [];
      const shown = steps.filter((step) => step.if === undefined).map((step) => JSON.stringify(step));
      expect(shown.join('\n')).not.toMatch(/secrets\.|--push/);
    });

    test('no expression of an event reaches a shell', () => {
      const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
      expect(runs.filter((run) => run.includes('${{'))).toEqual([]);
    });
  },
);

test('each level is a job after the one below it, and the same choices give the same text', () => {
  const { jobs } = read({ levels: 3 });
  expect(Object.keys(jobs)).toEqual(['pull-request', 'plan', 'level-1', 'level-2', 'level-3', 'night']);
  expect(githubWorkflow(plain)).toBe(githubWorkflow({ ...plain }));
});

test('build secrets reach the jobs that publish, by their own names', () => {
  const { jobs } = read({});
  for (const name of ['publish', 'night']) {
    const envs = jobs[name]?.steps
      .map(({ env }) => env?.['COURSES_TOKEN'])
      .filter((value) => value !== undefined);
    expect(envs).toEqual(['${{ secrets.COURSES_TOKEN }}']);
  }
});

test.each([
  { python: false, committed: ['matrix.lock'] },
  { python: true, committed: ['courses/physics/requirements.lock', 'matrix.lock'] },
])('with python $python the night commits its locks and nothing else', async ({ python, committed }) => {
  await using folder = await temporaryFolder({
    'courses/physics/requirements.lock': 'old',
    'courses/physics/notes': 'old',
    'base/requirements.lock': 'old',
    'night.md': 'what the night came to',
  });
  const { jobs } = read({ python });
  const steps = jobs['night']?.steps ?? [];
  expect(steps.filter(({ run }) => run?.includes('nightly --python')).length).toBe(python ? 1 : 0);
  const script = steps.flatMap(({ run }) => (run?.includes('git commit') === true ? [run] : []))[0] ?? '';
  const shell = async (text: string): Promise<string> => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder.path,
      RUNNER_TEMP: folder.path,
      GIT_CONFIG_NOSYSTEM: '1',
    };
    const options = { cwd: folder.path, env, extendEnv: false };
    return (await execa('bash', ['-e', '-o', 'pipefail', '-c', text], options)).stdout;
  };
  // Up to where it is pushed.
  const commit = script.slice(0, script.indexOf('remote='));
  const identity = '-c user.name=T -c user.email=t@example.org';
  await shell(`git init --quiet . && git add . && git ${identity} commit --quiet -m first`);
  await shell(commit);
  expect(await shell('git log --format=%s')).toBe('first');
  await folder.write('courses/physics/requirements.lock', 'new');
  await folder.write('courses/physics/notes', 'new');
  await folder.write('matrix.lock', 'new');
  await shell(commit);
  expect((await shell('git show --name-only --format=')).split('\n').toSorted()).toEqual(committed);
  expect((await shell('git log -1 --format=%b')).trim()).toBe('what the night came to');
});

test('where jobs sign as themselves, those that publish may ask who they are, and no other', () => {
  expect(asking({ signsAsItself: true })).toEqual(['publish', 'night']);
  expect(asking({ signsAsItself: true, levels: 2 })).toEqual(['level-1', 'level-2', 'night']);
  expect(asking({ levels: 2 })).toEqual([]);
});

/** Jobs that may ask GitHub who they are. */
function asking(choices: Partial<WorkflowChoices>): readonly string[] {
  return Object.entries(read(choices).jobs).flatMap(([name, { permissions }]) =>
    permissions['id-token'] === 'write' ? [name] : [],
  );
}
