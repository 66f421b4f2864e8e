/** Which image is held to which clauses: one table. A new clause is a file and a line here. */
import { openPod } from '../pod.ts';
import type { Profile } from '../verdict.ts';
import { scene } from './clause.ts';
import type { Scene } from './clause.ts';
import { runs } from './custom/c1-runs.ts';
import { openCustom } from './custom/custom-container.ts';
import { databaseStarts } from './database/d1-starts.ts';
import { answersQuery } from './database/d2-answers-query.ts';
import { refusesOthers } from './database/d3-refuses-others.ts';
import { startsAgain } from './database/d4-starts-again.ts';
import { openDatabase } from './database/database-container.ts';
import { hubStarts } from './hub/h1-starts.ts';
import { hubHealth } from './hub/h2-health.ts';
import { behindProxy } from './hub/h3-behind-proxy.ts';
import { openHub } from './hub/hub-container.ts';
import { proxyStarts } from './proxy/p1-starts.ts';
import { proxyHealth } from './proxy/p2-health.ts';
import { guardsApi } from './proxy/p3-guards-api.ts';
import { forwards } from './proxy/p4-forwards.ts';
import { openProxy } from './proxy/proxy-container.ts';
import { registryStarts } from './registry/r1-starts.ts';
import { registryHealth } from './registry/r2-health.ts';
import { openRegistry } from './registry/registry-container.ts';
import { stopsClause } from './common/stops.ts';
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

const hub = scene('the hub', openHub, [
  hubStarts,
  hubHealth,
  behindProxy,
  stopsClause('H4', 'should', 'A hub that is killed may leave its database half-written.', ['H1']),
]);

const proxy = scene('the proxy', openProxy, [
  proxyStarts,
  proxyHealth,
  guardsApi,
  forwards,
  stopsClause('P5', 'should', 'A proxy that is killed cuts every open connection at once.', ['P1']),
]);

/** D4 ends the first container, so the end is judged before it. */
const database = scene('a database beside a server', openDatabase, [
  databaseStarts,
  answersQuery,
  refusesOthers,
  stopsClause('D5', 'must', 'A database that is killed has to be repaired at its next start.', ['D1']),
  startsAgain,
]);

const registry = scene('a registry', openRegistry, [
  registryStarts,
  registryHealth,
  stopsClause('R3', 'should', 'A registry that is killed breaks off the pushes under way.', ['R1']),
]);

const custom = scene('a container', openCustom, [runs]);

/** Every profile's scenes, in the order in which they are played. */
export const scenes: Readonly<Record<Profile, readonly Scene[]>> = {
  singleuser: [description, singleuser],
  hub: [description, hub],
  proxy: [description, proxy],
  database: [description, database],
  registry: [description, registry],
  custom: [description, custom],
  none: [],
};
