/** A student's hour: choose, start, work, stop, leave. */
import path from 'node:path';
import { excerpt } from '../evidence.ts';
import { patient } from '../../hub/patience.ts';
import { parseHubUrl } from '../../hub/hub-api.ts';
import { probeHub } from '../probe/probe-hub.ts';
import { logOut, openSpawnPage, spawn, stopServer } from './hub-pages.ts';
import { awaitNotebook, openNewNotebook, runCell } from './lab-pages.ts';
import { lesson } from './lesson.ts';
import { inBrowser, podOf } from './stage.ts';
import type { Stage } from './stage.ts';
import { fail, pass } from '../story.ts';
import type { Step } from '../story.ts';
import { homePath, profileNames } from './z2jh-layout.ts';

/** The folder that the student's namespace offers: label and path in the home. */
export const offeredFolder = { label: 'Course', path: 'courses/here' } as const;

const probeBudgetMs = 120_000;

/** What a student does from the choice of a server to a query of its database. */
export function workSteps(stage: Stage): readonly Step[] {
  return [chooseStep(stage), spawnStep(stage), labStep(stage), pullerStep(stage), databaseStep(stage)];
}

/** What ends the day: the server stopped, and what has to be left of it. */
export function farewellSteps(stage: Stage): readonly Step[] {
  const { hub, people, pods } = stage;
  return [
    {
      id: 'stop',
      title: 'the server is stopped on the hub’s home page, and its pod is gone',
      needs: ['spawn'],
      play: (signal) =>
        inBrowser(
          stage,
          'student',
          'stop',
          async (page) => {
            await stopServer(page, hub.url);
            const name = `jupyter-${people.student.name}`;
            if (pods.pods.has(name)) throw new Error(`${name} still runs`);
            return [`${name} was deleted`];
          },
          signal,
        ),
    },
    {
      id: 'probe',
      title: 'the operators’ probe starts, uses and stops a server with a token',
      needs: ['stop'],
      play: (signal) => probe(stage, signal),
    },
    {
      id: 'logout',
      title: 'after logging out the hub asks who is there',
      needs: ['login'],
      play: (signal) =>
        inBrowser(
          stage,
          'student',
          'logout',
          async (page) => {
            const arrived = await logOut(page, hub.url);
            if (arrived !== '/hub/login') throw new Error(`/hub/home leads to ${arrived}`);
            return ['/hub/home leads to /hub/login'];
          },
          signal,
        ),
    },
  ];
}

function chooseStep(stage: Stage): Step {
  return {
    id: 'choose',
    title: 'the spawn page offers the profiles, and the folders that the user’s namespace names',
    needs: ['login'],
    play: (signal) =>
      inBrowser(
        stage,
        'student',
        'choose',
        async (page) => {
          const { profiles, folders } = await openSpawnPage(page, stage.hub.url);
          const evidence = [
            `profiles: ${profiles.join(', ')}`,
            `folders: ${[...folders].map(([label, folder]) => `${label} (${folder})`).join(', ')}`,
            ...stage.kubernetes.requests.slice(-1),
          ];
          const offered = folders.get(offeredFolder.label) === `${homePath}/${offeredFolder.path}`;
          if (!offered || Object.values(profileNames).some((name) => !profiles.includes(name))) {
            throw new Error(`not everything is offered; ${evidence.join('; ')}`);
          }
          return evidence;
        },
        signal,
      ),
  };
}

function spawnStep(stage: Stage): Step {
  return {
    id: 'spawn',
    title: 'the server starts from KubeSpawner’s own pod, the database beside it',
    needs: ['choose'],
    play: (signal) =>
      inBrowser(
        stage,
        'student',
        'spawn',
        async (page) => {
          await spawn(page, { profile: profileNames.student, folder: offeredFolder.label });
          const { sidecarIds } = podOf(stage, 'student');
          return [`arrived at ${new URL(page.url()).pathname}`, `containers: ${1 + sidecarIds.length}`];
        },
        signal,
      ),
  };
}

function labStep(stage: Stage): Step {
  return {
    id: 'lab',
    title: 'JupyterLab opens in the browser, and a cell runs in the chosen folder',
    needs: ['spawn'],
    play: (signal) =>
      inBrowser(
        stage,
        'student',
        'lab',
        async (page) => {
          await openNewNotebook(page, 'import os; print("sum", 6 * 7, os.getcwd(), os.getuid())');
          const output = await runCell(page, 0);
          const { userId } = stage.people.student;
          const expected = `sum 42 ${homePath}/${offeredFolder.path} ${userId}`;
          if (output !== expected) throw new Error(`the cell answered ${excerpt(output)}, not ${expected}`);
          const picture = path.join(stage.request.pictures, 'lab.png');
          await page.screenshot({ path: picture });
          return [output, `picture: ${picture}`];
        },
        signal,
      ),
  };
}

function pullerStep(stage: Stage): Step {
  return {
    id: 'nbgitpuller',
    title: 'an nbgitpuller link fetches a repository and opens its notebook',
    needs: ['spawn'],
    play: (signal) =>
      inBrowser(
        stage,
        'student',
        'nbgitpuller',
        async (page) => {
          const query = new URLSearchParams({
            repo: lesson.repository,
            branch: lesson.branch,
            urlpath: `lab/tree/${lesson.name}/${lesson.notebook}`,
          });
          await page.goto(`${stage.hub.url}/hub/user-redirect/git-pull?${query.toString()}`);
          await awaitNotebook(page, lesson.notebook);
          const output = await runCell(page, lesson.cells.greeting);
          if (output !== lesson.greeting) throw new Error(`its first cell answered ${excerpt(output)}`);
          return [`${lesson.repository}: ${output}`];
        },
        signal,
      ),
  };
}

function databaseStep(stage: Stage): Step {
  return {
    id: 'database',
    title: 'a notebook uses the database beside it on 127.0.0.1:3306',
    needs: ['nbgitpuller'],
    play: (signal) =>
      inBrowser(
        stage,
        'student',
        'database',
        async (page) => {
          const output = await runCell(page, lesson.cells.database);
          if (output !== 'rows: 42') throw new Error(`its cell answered ${excerpt(output)}`);
          return [output];
        },
        signal,
      ),
  };
}

async function probe({ hub, people, probeToken }: Stage, signal: AbortSignal) {
  const address = parseHubUrl(hub.url, probeToken);
  if (address === undefined) throw new Error(`${hub.url} is no URL`);
  const request = { hub: address, user: people.student.name, budgetMs: patient(probeBudgetMs) };
  const probed = await probeHub(request, () => {}, signal);
  if (!probed.ok) return fail(probed.error.kind === 'unreachable' ? probed.error.message : probed.error.kind);
  const evidence = probed.value.steps.map(
    ({ id, result, evidence: seen }) => `${id}: ${result}: ${seen.join('; ')}`,
  );
  return probed.value.passed ? pass(...evidence) : fail(...evidence);
}
