/** What a user's server goes through. */
import { openPod } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import { scene } from '../clause.ts';
import type { Clause, Scene } from '../clause.ts';
import {
  bindsAnyPort,
  endsWithoutHub,
  livesWithFullHome,
  livesWithReadOnlyHome,
  startsInCrowd,
  worksAsAnyUser,
} from './deep-clauses.ts';
import {
  openAsAnyUser,
  openCrowd,
  openElsewhere,
  openWithFullHome,
  openWithoutHub,
  openWithReadOnlyHome,
} from './deep-starts.ts';
import { startsThroughEntrypoint } from './s1-starts-through-entrypoint.ts';
import { browserLogin } from './s10-browser-login.ts';
import { sameMajor } from './s10a-same-major.ts';
import { runsKernel } from './s11-kernel.ts';
import { opensTerminal } from './s12-terminal.ts';
import { worksAsHubsUser } from './s13-user.ts';
import { hidesNoFiles, livesWithEmptyHome } from './s14-empty-home.ts';
import { isNotRoots } from './s16-not-root.ts';
import { gainsNoPrivileges } from './s17-no-privileges.ts';
import { readyInTime } from './s19-ready-in-time.ts';
import { startsAsDockerStacks } from './s2-docker-stacks.ts';
import { stops, stopsAtOnce } from './s20-stops.ts';
import { reapsOrphans } from './s21-reaps.ts';
import { bearsServiceLinks } from './s22-service-links.ts';
import { livesWithinMemory } from './s23-memory.ts';
import { readsConfiguration } from './s24-configuration.ts';
import { pullsRepository } from './s25-gitpuller.ts';
import { outlivesTheCheck } from './s27-outlives-the-check.ts';
import { startsAgain } from './s28-starts-again.ts';
import { executesArguments } from './s3-executes-arguments.ts';
import { bindsServiceUrl } from './s4-binds-service-url.ts';
import { baseUrl } from './s5-base-url.ts';
import { apiAnswers } from './s6-api-answers.ts';
import { repeatsActivity, reportsActivity } from './s7-activity.ts';
import { tokenAccess } from './s9-token-access.ts';
import { whileRunning } from './while-running.ts';

const asItStarts: readonly Clause<Pod>[] = [
  startsThroughEntrypoint,
  bindsServiceUrl,
  readyInTime,
  isNotRoots,
  livesWithEmptyHome,
  hidesNoFiles,
  gainsNoPrivileges,
  bearsServiceLinks,
];

const inUse = [
  apiAnswers,
  baseUrl,
  reportsActivity,
  tokenAccess,
  browserLogin,
  sameMajor,
  runsKernel,
  worksAsHubsUser,
  livesWithinMemory,
  readsConfiguration,
  opensTerminal,
  reapsOrphans,
  pullsRepository,
].map(whileRunning);

const atItsEnd: readonly Clause<Pod>[] = [
  outlivesTheCheck,
  executesArguments,
  stops,
  stopsAtOnce,
  startsAsDockerStacks,
  startsAgain,
];

/** The server's life in one start: up, used, `more` of it asked, looked at again, ended; then the image's own commands. */
export function serverLife(more: readonly Clause<Pod>[] = []): Scene {
  return scene("a user's server", openPod, [...asItStarts, ...inUse, ...more.map(whileRunning), ...atItsEnd]);
}

/** Starts of their own: what the deep tier asks besides. */
export const furtherScenes: readonly Scene[] = [
  scene('another port, and activity told often', openElsewhere, [bindsAnyPort, repeatsActivity]),
  scene('a user that the image does not know', openAsAnyUser, [worksAsAnyUser]),
  scene('a full home', openWithFullHome, [livesWithFullHome]),
  scene('a home that cannot be written', openWithReadOnlyHome, [livesWithReadOnlyHome]),
  scene('a hub that cannot be reached', openWithoutHub, [endsWithoutHub], { waits: true }),
  scene('several at once', openCrowd, [startsInCrowd]),
];

export const singleuserScenes: readonly Scene[] = [serverLife(), ...furtherScenes];
