/** Which image is held to which clauses: one table. A new clause is a file and a line here. */
import { openPod } from '../pod.ts';
import type { Profile } from '../verdict.ts';
import { scene } from './clause.ts';
import type { Scene } from './clause.ts';
import { openDescription } from './common/description.ts';
import { architecture } from './common/s26-architecture.ts';
import { sizeBudget } from './common/z1-size-budget.ts';
import { startsThroughEntrypoint } from './singleuser/s1-starts-through-entrypoint.ts';
import { browserLogin } from './singleuser/s10-browser-login.ts';
import { readyInTime } from './singleuser/s19-ready-in-time.ts';
import { stops, stopsAtOnce } from './singleuser/s20-stops.ts';
import { outlivesTheCheck } from './singleuser/s27-outlives-the-check.ts';
import { bindsServiceUrl } from './singleuser/s4-binds-service-url.ts';
import { apiAnswers } from './singleuser/s6-api-answers.ts';
import { tokenAccess } from './singleuser/s9-token-access.ts';

const description = scene('description', openDescription, [sizeBudget, architecture]);

/** The server's life in one start: up, used, looked at again, ended. */
const singleuser = scene("a user's server", openPod, [
  startsThroughEntrypoint,
  bindsServiceUrl,
  apiAnswers,
  readyInTime,
  tokenAccess,
  browserLogin,
  outlivesTheCheck,
  stops,
  stopsAtOnce,
]);

/** Every profile's scenes, in the order in which they are played. */
export const scenes: Readonly<Record<Profile, readonly Scene[]>> = {
  singleuser: [description, singleuser],
  hub: [description],
  proxy: [description],
  database: [description],
  registry: [description],
  custom: [description],
  none: [],
};
