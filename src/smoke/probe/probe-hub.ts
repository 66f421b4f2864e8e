/**
 * Spawn, use, stop on a running hub: what operators do by hand to know whether students can work. It goes through
 * the public address, as users do, with a token of the hub's. It leaves nothing running that it has started.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../../engine/engine.ts';
import { excerpt, exchangeLine } from '../evidence.ts';
import type { HttpTrouble } from '../../hub/http-exchange.ts';
import { askServer, field, jsonOf, textField } from '../../hub/jupyter-api.ts';
import type { ServerAddress } from '../../hub/jupyter-api.ts';
import { openKernel } from '../kernel-session.ts';
import { pause } from '../pause.ts';
import { fail, pass, Story } from '../story.ts';
import type { Finding, Step, StepResult, ToldStory } from '../story.ts';
import { askHub, followProgress, serverStateOf } from '../../hub/hub-api.ts';
import type { HubAddress } from '../../hub/hub-api.ts';

export interface ProbeRequest {
  readonly hub: HubAddress;
  /** Whose server; undefined: the token's own user. */
  readonly user: string | undefined;
  /** How long a start may take, and an ending. */
  readonly budgetMs: number;
}

/** `unreachable`: nobody answered at the hub's address; the reason as a sentence. */
export type ProbeFailure =
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'cancelled' };

const pollMs = 500;
const kernelMs = 60_000;
/** For taking away a server after trouble, or after Ctrl-C. */
const tidyMs = 15_000;

/** Plays the probe; `onStep` hears each step as it ends. */
export async function probeHub(
  request: ProbeRequest,
  onStep: (step: StepResult) => void,
  signal: AbortSignal,
): Promise<Result<ToldStory, ProbeFailure>> {
  const probe = new Probe(request);
  const story = new Story(onStep);
  try {
    for (const step of probe.steps()) {
      const told = await story.tell(step, signal);
      if (!told.ok) return err({ kind: 'cancelled' });
      if (probe.unreachable !== undefined) return err({ kind: 'unreachable', message: probe.unreachable });
    }
  } finally {
    await probe.tidy();
  }
  return ok(story.told);
}

type Played = Promise<Result<Finding, EngineError>>;

const step = (
  id: string,
  title: string,
  needs: readonly string[],
  play: (signal: AbortSignal) => Played,
): Step => ({ id, title, needs, play });

class Probe {
  unreachable: string | undefined;
  readonly #request: ProbeRequest;
  #user = '';
  #server: ServerAddress | undefined;
  /** We asked for a server, and have not seen it go. */
  #started = false;

  constructor(request: ProbeRequest) {
    this.#request = request;
  }

  steps(): readonly Step[] {
    return [
      step('hub', 'a hub answers', [], (signal) => this.#greet(signal)),
      step('token', 'it knows the token, and the user', ['hub'], (signal) => this.#introduce(signal)),
      step('spawn', 'it starts a server', ['token'], (signal) => this.#spawn(signal)),
      step('server', 'the server answers through the proxy', ['spawn'], (signal) => this.#reach(signal)),
      step('kernel', 'a kernel computes, over the websocket', ['server'], (signal) => this.#compute(signal)),
      step('lab', 'JupyterLab’s page opens', ['server'], (signal) => this.#openLab(signal)),
      step('stop', 'it stops the server', ['spawn'], (signal) => this.#stop(signal)),
    ];
  }

  /** Takes away what a failure or an interruption would leave running. */
  async tidy(): Promise<void> {
    if (!this.#started) return;
    await askHub(
      this.#request.hub,
      { method: 'DELETE', api: this.#serverApi() },
      AbortSignal.timeout(tidyMs),
    );
  }

  async #greet(signal: AbortSignal): Played {
    const answered = await askHub(this.#request.hub, { method: 'GET', api: '' }, signal);
    if (!answered.ok) {
      this.unreachable = answered.error.message;
      return fail(exchangeLine('GET hub/api/', answered));
    }
    const version = textField(jsonOf(answered.value), 'version');
    if (version === undefined) return fail(exchangeLine('GET hub/api/', answered), 'this is no JupyterHub');
    return pass(`JupyterHub ${version}`);
  }

  async #introduce(signal: AbortSignal): Played {
    const { hub, user } = this.#request;
    const asked = await askHub(hub, { method: 'GET', api: 'user' }, signal);
    if (!asked.ok || asked.value.status !== 200) {
      return fail(
        exchangeLine('GET hub/api/user', asked),
        'the hub does not know this token, or it has ended',
      );
    }
    const model = jsonOf(asked.value);
    const own = field(model, 'kind') === 'user' ? textField(model, 'name') : undefined;
    const chosen = user ?? own;
    if (chosen === undefined) {
      return fail('the token is a service’s: `--user` says whose server shall be started');
    }
    this.#user = chosen;
    const scopes = field(model, 'scopes');
    return pass(
      `user ${chosen}`,
      `scopes: ${Array.isArray(scopes) ? excerpt(scopes.join(' ')) : 'not told'}`,
    );
  }

  async #spawn(signal: AbortSignal): Played {
    const { hub, budgetMs } = this.#request;
    const started = performance.now();
    const before = await this.#look(signal);
    if (!before.ok) return fail(before.error);
    if (before.value.kind !== 'none') {
      return fail(
        `${this.#user} has a server already (${before.value.kind})`,
        'stop it, or give the probe an account of its own: a server that runs tells nothing of starting one',
      );
    }
    this.#started = true;
    const asked = await askHub(hub, { method: 'POST', api: this.#serverApi(), timeoutMs: budgetMs }, signal);
    if (!asked.ok || asked.value.status >= 300) return fail(exchangeLine('POST server', asked));
    let told = '';
    while (performance.now() - started < budgetMs) {
      const progress = await followProgress(
        hub,
        this.#user,
        budgetMs - (performance.now() - started),
        signal,
      );
      if (progress.ok && progress.value.message !== '') told = progress.value.message;
      const state = await this.#look(signal);
      if (!state.ok) return fail(state.error);
      if (state.value.kind === 'ready') {
        this.#server = state.value.server;
        return pass(`ready at ${this.#server.servicePrefix}`);
      }
      if (state.value.kind === 'none') {
        this.#started = false;
        return fail('the start failed', `the hub says: ${excerpt(told)}`);
      }
      if (!(await pause(pollMs, signal))) break;
    }
    return fail(`not ready within ${Math.round(budgetMs / 1000)} s`, `the hub says: ${excerpt(told)}`);
  }

  async #reach(signal: AbortSignal): Played {
    const asked = await askServer(this.#reached(), { method: 'GET', api: 'api' }, signal);
    const line = exchangeLine('GET api', asked);
    if (!asked.ok || asked.value.status !== 200) return fail(line);
    const version = asked.value.headers['x-jupyterhub-version'];
    if (version === undefined) return fail(line, 'whatever answers there is no server of a hub');
    return pass(line, `its JupyterHub: ${String(version)}`);
  }

  async #compute(signal: AbortSignal): Played {
    const kernel = await openKernel(this.#reached(), signal);
    if (!kernel.ok) return fail(`${kernel.error.step}: ${kernel.error.evidence}`);
    const ran = await kernel.value.execute('print(6 * 7)', kernelMs);
    await kernel.value.close(signal);
    const answer = `${kernel.value.spec}: print(6 * 7): ${ran.status} ${excerpt(ran.error ?? ran.output)}`;
    return ran.status === 'ok' && /\b42\b/.test(ran.output) ? pass(answer) : fail(answer);
  }

  async #openLab(signal: AbortSignal): Played {
    const asked = await askServer(this.#reached(), { method: 'GET', api: 'lab' }, signal);
    // A page with 200 may be an error's page; the configuration of a real one names the hub's user.
    if (asked.ok && asked.value.status === 200 && asked.value.body.includes('"hubUser"')) {
      return pass('GET lab: 200, with the hub’s user in its configuration');
    }
    return fail(exchangeLine('GET lab', asked));
  }

  async #stop(signal: AbortSignal): Played {
    const { hub, budgetMs } = this.#request;
    const started = performance.now();
    const asked = await askHub(
      hub,
      { method: 'DELETE', api: this.#serverApi(), timeoutMs: budgetMs },
      signal,
    );
    if (!asked.ok || asked.value.status >= 300) return fail(exchangeLine('DELETE server', asked));
    while (performance.now() - started < budgetMs) {
      const state = await this.#look(signal);
      if (!state.ok) return fail(state.error);
      if (state.value.kind === 'none') {
        this.#started = false;
        return pass(`DELETE server: ${asked.value.status}, and it is gone`);
      }
      if (!(await pause(pollMs, signal))) break;
    }
    return fail(`still there after ${Math.round(budgetMs / 1000)} s`);
  }

  async #look(signal: AbortSignal) {
    const api = `users/${encodeURIComponent(this.#user)}`;
    const asked = await askHub(this.#request.hub, { method: 'GET', api }, signal);
    if (asked.ok && asked.value.status === 200) return ok(serverStateOf(this.#request.hub, asked.value));
    return err(lookTrouble(`GET hub/api/${api}`, asked));
  }

  #serverApi(): string {
    return `users/${encodeURIComponent(this.#user)}/server`;
  }

  /** The story's order sees to it that there is one. */
  #reached(): ServerAddress {
    if (this.#server === undefined) throw new Error('no server was started');
    return this.#server;
  }
}

function lookTrouble(
  question: string,
  asked: Result<{ readonly status: number; readonly body: string }, HttpTrouble>,
): string {
  if (!asked.ok) return `${question}: ${asked.error.message}`;
  const { status, body } = asked.value;
  const known = status === 404 ? 'the hub knows no such user, or the token may not read it' : excerpt(body);
  return `${question}: ${status} ${known}`;
}
