/**
 * nbgrader's exchange between two people of a course: release, fetch, submit, collect, as the pages of JupyterLab ask
 * for it; that students cannot look at each other's work; and the same folder over NFS.
 */
import type { Page } from 'playwright-core';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../../engine/engine.ts';
import { excerpt } from '../evidence.ts';
import { logIn, openSpawnPage, spawn } from './hub-pages.ts';
import { askServer } from './lab-pages.ts';
import { notebookOf } from './lesson.ts';
import { inBrowser, podOf, runInside } from './stage.ts';
import type { Stage } from './stage.ts';
import { fail, pass } from '../story.ts';
import type { Finding, Step } from '../story.ts';
import { exchangePath, profileNames } from './z2jh-layout.ts';

const assignment = 'sheet1';
const notebook = `${assignment}.ipynb`;

export function exchangeSteps(stage: Stage): readonly Step[] {
  return [
    releaseStep(stage),
    submitStep(stage),
    collectStep(stage),
    {
      id: 'privacy',
      title: 'a student can neither see nor open what others handed in',
      needs: ['submit'],
      play: (signal) => lookAtOthers(stage, signal),
    },
  ];
}

function releaseStep(stage: Stage): Step {
  return {
    id: 'release',
    title: 'an instructor’s server starts, and releases an assignment to the exchange',
    needs: ['hub', 'browser'],
    play: (signal) =>
      inBrowser(
        stage,
        'instructor',
        'release',
        async (page) => {
          await enter(stage, page, 'instructor', profileNames.instructor);
          const { course } = stage.request;
          const folder = `nbgrader/${course}/source/${assignment}`;
          for (const path of [`nbgrader/${course}/source`, folder]) {
            await ask(stage, page, 'instructor', {
              method: 'PUT',
              path: `api/contents/${path}`,
              body: JSON.stringify({ type: 'directory' }),
            });
          }
          await ask(stage, page, 'instructor', {
            method: 'PUT',
            path: `api/contents/${folder}/${notebook}`,
            body: JSON.stringify({ type: 'notebook', format: 'json', content: sheet() }),
          });
          for (const action of ['assign', 'release'])
            await nbgrader(stage, page, `formgrader/api/assignment/${assignment}/${action}`);
          return [`${assignment} of ${course}: assigned and released`];
        },
        signal,
      ),
  };
}

function submitStep(stage: Stage): Step {
  return {
    id: 'submit',
    title: 'students fetch the assignment and hand it in',
    needs: ['release', 'spawn'],
    async play(signal) {
      const [first, second] = await Promise.all([
        handIn(stage, 'student', signal),
        handIn(stage, 'neighbour', signal),
      ]);
      return first.ok && first.value.result === 'pass' ? second : first;
    },
  };
}

function handIn(
  stage: Stage,
  who: 'student' | 'neighbour',
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  return inBrowser(
    stage,
    who,
    'submit',
    async (page) => {
      if (who === 'neighbour') await enter(stage, page, who, profileNames.student);
      const form = new URLSearchParams({
        assignment_id: assignment,
        course_id: stage.request.course,
      }).toString();
      for (const action of ['fetch', 'submit']) {
        const path = `assignments/${action}`;
        const { value } = await askNbgrader(stage, page, who, path, form);
        if (
          typeof value !== 'object' ||
          !value.some(({ status }) => status === `${action}${action === 'submit' ? 'ted' : 'ed'}`)
        ) {
          throw new Error(`${path}: the assignment is not among what it lists`);
        }
      }
      return [`both handed in ${assignment}`];
    },
    signal,
  );
}

function collectStep(stage: Stage): Step {
  return {
    id: 'collect',
    title: 'the instructor collects what was handed in',
    needs: ['submit'],
    play: (signal) =>
      inBrowser(
        stage,
        'instructor',
        'collect',
        async (page) => {
          await nbgrader(stage, page, `formgrader/api/assignment/${assignment}/collect`);
          const { student, neighbour } = stage.people;
          for (const { name } of [student, neighbour]) {
            const path = `nbgrader/${stage.request.course}/submitted/${name}/${assignment}/${notebook}`;
            await ask(stage, page, 'instructor', { method: 'GET', path: `api/contents/${path}?content=0` });
          }
          return [`collected from ${student.name} and ${neighbour.name}`];
        },
        signal,
      ),
  };
}

/** Logs in and starts a server in the home. */
async function enter(
  stage: Stage,
  page: Page,
  who: 'instructor' | 'neighbour',
  profile: string,
): Promise<void> {
  await logIn(page, stage.hub.url, stage.people[who]);
  await openSpawnPage(page, stage.hub.url);
  await spawn(page, { profile, folder: 'Home' });
  // A page of JupyterLab that nobody looks at keeps asking its server; the session stays.
  await page.goto('about:blank');
}

interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: string;
}

/** Asks the person's server; any answer but a good one fails the step. */
async function ask(stage: Stage, page: Page, who: keyof Stage['people'], asked: Asked): Promise<string> {
  const url = `${stage.hub.url}/user/${stage.people[who].name}/${asked.path}`;
  const { status, body } = await askServer(page, { ...asked, url });
  if (status >= 300) throw new Error(`${asked.method} ${asked.path}: ${status} ${excerpt(body)}`);
  return body;
}

interface NbgraderReply {
  readonly success?: boolean;
  readonly error?: string;
  readonly log?: string;
  /** Assignments, or what went wrong. */
  readonly value?: string | readonly { readonly status?: string }[];
}

async function askNbgrader(
  stage: Stage,
  page: Page,
  who: keyof Stage['people'],
  path: string,
  body: string,
): Promise<NbgraderReply> {
  const text = await ask(stage, page, who, { method: 'POST', path, body });
  // nbgrader's own JSON; every field is looked at before it is believed.
  const reply = JSON.parse(text) as NbgraderReply;
  if (reply.success !== true) {
    const reason = [reply.error, reply.log, reply.value].filter((part) => typeof part === 'string').join(' ');
    throw new Error(`POST ${path}: ${excerpt(reason.slice(-500), 500)}`);
  }
  return reply;
}

/** An action of the formgrader's pages. */
async function nbgrader(stage: Stage, page: Page, path: string): Promise<void> {
  await askNbgrader(stage, page, 'instructor', path, '');
}

/** A sheet with one question that is graded by a test. */
function sheet(): object {
  return notebookOf(
    [
      'def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION',
      'assert double(21) == 42',
    ],
    [gradedCell('double', true), gradedCell('test-double', false)],
  );
}

/** nbgrader's metadata of a cell that students write, or that grades what they wrote. */
function gradedCell(id: string, solution: boolean): object {
  return {
    nbgrader: {
      grade: !solution,
      grade_id: id,
      locked: !solution,
      schema_version: 3,
      solution,
      task: false,
      ...(solution ? {} : { points: 1 }),
    },
  };
}

async function lookAtOthers(stage: Stage, signal: AbortSignal): Promise<Result<Finding, EngineError>> {
  const inbound = `${exchangePath}/${stage.request.course}/inbound`;
  const listed = await runInside(stage, podOf(stage, 'neighbour').containerId, ['ls', inbound], signal);
  if (!listed.ok) return listed;
  const found = await runInside(
    stage,
    podOf(stage, 'neighbour').containerId,
    ['sh', '-c', `cat ${inbound}/*/${notebook}`],
    signal,
  );
  if (!found.ok) return found;
  const evidence = [
    `ls ${inbound}: ${excerpt(listed.value.text)}`,
    `cat ${inbound}/*/${notebook}: ${excerpt(found.value.text)}`,
  ];
  const closed = listed.value.exitCode !== 0 && found.value.exitCode !== 0;
  return closed ? pass(...evidence) : fail(...evidence);
}
