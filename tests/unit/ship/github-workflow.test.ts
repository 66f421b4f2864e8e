/** What the workflow for GitHub promises, whatever is chosen. That GitHub understands it is tests/full's to show. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { githubWorkflow, type WorkflowChoices } from '../../../src/ship/emit/github-workflow.ts';

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
  secrets: ['COURSES_TOKEN'],
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
