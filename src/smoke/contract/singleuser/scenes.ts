/** What a user's server goes through. */
import { openPod } from '../../pod.ts';
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { startsThroughEntrypoint } from './s1-starts-through-entrypoint.ts';
import { browserLogin } from './s10-browser-login.ts';
import { readyInTime } from './s19-ready-in-time.ts';
import { stops, stopsAtOnce } from './s20-stops.ts';
import { outlivesTheCheck } from './s27-outlives-the-check.ts';
import { bindsServiceUrl } from './s4-binds-service-url.ts';
import { apiAnswers } from './s6-api-answers.ts';
import { tokenAccess } from './s9-token-access.ts';

/** The server's life in one start: up, used, looked at again, ended. */
const server = scene("a user's server", openPod, [
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

export const singleuserScenes: readonly Scene[] = [server];
