/**
 * Finds out which of the pod's conditions a start fails at: starts the image again with one of them relaxed, twice
 * or three times at most, and sees whether it lives. Words in the log only say what to try first. Judges nothing; S13 to S23 do.
 */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { deniedPath } from './denied-path.ts';
import { isNeeded } from './home-needs.ts';
import type { Pod, Variation } from '../../pod.ts';

/** The condition that the image cannot bear. */
export type Condition = 'home' | 'privileges' | 'user' | 'service-links' | 'memory';

export interface Cause {
  readonly condition: Condition;
  /** How that was seen. */
  readonly evidence: string;
}

/** A start that is to be looked into is given less time: where it lives, it does so soon. */
const retrialMs = 25_000;

/** How often a start that does not live is tried again; once more tells why it lives as root. */
const most = 2;

const causes = new WeakMap<Pod, Promise<Result<Cause | undefined, EngineError>>>();

/** The cause of a start that failed, asked for once; undefined where it succeeded, or nothing that is tried helps. */
export function causeOf(pod: Pod, signal: AbortSignal): Promise<Result<Cause | undefined, EngineError>> {
  const known = causes.get(pod) ?? findCause(pod, signal);
  causes.set(pod, known);
  return known;
}

async function findCause(pod: Pod, signal: AbortSignal): Promise<Result<Cause | undefined, EngineError>> {
  const { outcome } = pod;
  if (outcome.kind === 'ended' && outcome.outOfMemory) {
    return ok({ condition: 'memory', evidence: 'the kernel killed it for want of memory' });
  }
  const words = await lastWords(pod, signal);
  if (!words.ok) return words;
  let cause: Cause | undefined;
  for (const [index, retrial] of retrialsFor(pod, words.value).entries()) {
    if (cause === undefined && index >= most) break;
    // Root may do whatever sudo and the like may: where those suffice, they are what it needs.
    if (cause !== undefined && retrial.condition !== 'privileges') break;
    const again = await pod.startAgain({ ...retrial.variation, readinessBudgetMs: retrialMs }, signal);
    if (!again.ok) return again;
    const lives = await reachesServer(again.value, signal);
    if (!lives.ok) return lives;
    if (!lives.value) continue;
    cause = { condition: retrial.condition, evidence: `the same start ${retrial.what}: it lives` };
    if (retrial.condition !== 'user') break;
  }
  return ok(cause);
}

async function lastWords(pod: Pod, signal: AbortSignal): Promise<Result<string, EngineError>> {
  return pod.outcome.kind === 'refused' ? ok(pod.outcome.message) : pod.log(signal);
}

interface Retrial {
  readonly condition: Condition;
  readonly what: string;
  readonly variation: Variation;
}

const retrials = {
  home: {
    condition: 'home',
    what: 'with the files that the image has in its home',
    variation: { home: 'from-image' },
  },
  privileges: {
    condition: 'privileges',
    what: 'where programs may gain privileges (sudo, setuid)',
    variation: { mayGainPrivileges: true },
  },
  links: {
    condition: 'service-links',
    what: 'without JUPYTER_PORT',
    variation: { noServiceLinks: true },
  },
} as const satisfies Record<string, Retrial>;

function asUser(pod: Pod): Retrial {
  const { user: own } = pod.image;
  if (!isRoot(own) && !isHubsUser(own)) {
    return { condition: 'user', what: `as the image's own user (${own})`, variation: { user: own } };
  }
  // Without the flag it would refuse to be root, and where its log goes into a file nobody would see that.
  const cmd = ['jupyterhub-singleuser', '--allow-root'];
  return { condition: 'user', what: 'as root', variation: { user: '0:0', cmd } };
}

const signs = {
  home: /\/home\/\S*.*(no such file|not found|not owned|can't open|cannot open)|(no such file|not found|can't open|cannot open).*\/home\//i,
  privileges: /no new privileges|sudo|effective uid is not 0|setuid/i,
  links: /tcp:\/\/|JUPYTER_PORT|invalid literal for int|illegal number|integer expression/i,
  permission: /permission denied|not permitted|EACCES|must be (run as )?root|\buid\b/i,
};

/** The most likely, the likeliest first; none for a server that hangs and says nothing of the kind. */
function retrialsFor(pod: Pod, words: string): readonly Retrial[] {
  const { kind } = pod.outcome;
  // One that did not find its hub is S7's.
  if (kind === 'ready' || kind === 'elsewhere' || missesHub(words)) return [];
  const user = asUser(pod);
  const neededHome = pod.image.homeEntries.some(isNeeded);
  const found: Retrial[] = [];
  if (signs.privileges.test(words)) found.push(retrials.privileges, user);
  // What was refused outside of the home has nothing to do with what lies in it, however often a log names it.
  const denied = deniedPath(words, pod.image.env)?.path;
  const outside = denied !== undefined && !`${denied}/`.startsWith(`${pod.image.home}/`);
  if (outside) found.push(user, retrials.privileges);
  if (signs.home.test(words) || words.includes(pod.image.home)) found.push(retrials.home);
  if (signs.links.test(words)) found.push(retrials.links);
  if (signs.permission.test(words)) found.push(user, retrials.privileges);
  if (kind === 'not-ready') return [...new Set(found)].slice(0, 1);
  if (!outside && (neededHome || pod.image.homeEntries.length > 0)) found.splice(1, 0, retrials.home);
  // Nothing said: what the image asks for differs from what it gets, or it would need privileges.
  if (!isRoot(pod.image.user) && !isHubsUser(pod.image.user)) found.unshift(user);
  found.push(user, retrials.privileges, retrials.links);
  return [...new Set(found)].slice(0, most + 1);
}

/** Whether a server says that it cannot reach its hub, which takes it a minute. */
export function missesHub(words: string): boolean {
  return /connect to (my )?hub|JupyterHub API is not|hub at http/i.test(words);
}

/** It lives, or has come as far as the server that refuses to be root. */
async function reachesServer(pod: Pod, signal: AbortSignal): Promise<Result<boolean, EngineError>> {
  if (pod.outcome.kind === 'ready' || pod.outcome.kind === 'elsewhere') return ok(true);
  if (pod.outcome.kind === 'refused') return ok(false);
  const log = await pod.log(signal);
  return log.ok ? ok(/running as root is not recommended/i.test(log.value)) : log;
}

/** Whether an image's USER is root: said so, or not said at all. */
export function isRoot(user: string): boolean {
  return /^(root|0)?(:|$)/.test(user);
}

function isHubsUser(user: string): boolean {
  return /^(1000|jovyan)(:|$)/.test(user);
}
