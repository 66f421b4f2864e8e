/**
 * Opens what the end-to-end test plays on, step by step: a directory of people, the exchange, hub and proxy, a
 * browser. Each opening is a step of the story of its own; where one fails, there is no stage.
 */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { NetworkInfo } from '../../engine/container.ts';
import type { Engine, EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { cannotListen } from '../emulated-hub.ts';
import { tailLines } from '../evidence.ts';
import type { LiveContainer, ServerOutcome, Start } from '../live-container.ts';
import { startChromium } from './chromium.ts';
import { openDirectory } from './directory.ts';
import type { Certificates, Directory } from './directory.ts';
import { openExchange } from './exchange-volume.ts';
import type { Exchange } from './exchange-volume.ts';
import { openFamilyHub } from './family-hub.ts';
import type { FamilyHub } from './family-hub.ts';
import type { FamilyRequest } from './family-request.ts';
import { buildHelperImage } from './helper-image.ts';
import { KubernetesApi } from './kubernetes-api.ts';
import { dismissSlowTheme } from './lab-pages.ts';
import { openLesson } from './lesson.ts';
import { makePeople } from './people.ts';
import { PodHost } from './pod-host.ts';
import { offeredFolder } from './server-steps.ts';
import type { Stage } from './stage.ts';
import { fail, pass } from '../story.ts';
import type { Finding, Step, Story } from '../story.ts';

const kubernetesPort = 6443;
const podHostPort = 8082;
const logLines = 20;

const makeToken = (): string => randomBytes(24).toString('hex');

/** What is open so far. */
interface Opened {
  directory?: Directory & { readonly certificates: Certificates };
  exchange?: Exchange;
  kubernetes?: KubernetesApi;
  pods?: PodHost;
  hub?: FamilyHub;
  probeToken?: string;
  pages?: Stage['pages'];
}

/** Plays the opening steps; undefined where not all of them hold. */
export async function openStage(
  engine: Engine,
  request: FamilyRequest,
  bench: Bench,
  story: Story,
  signal: AbortSignal,
): Promise<Result<Stage | undefined, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  const people = makePeople();
  const opened: Opened = {};
  const set = { engine, request, bench, network: network.value, people, opened };
  const steps = [directoryStep(set), exchangeStep(set), hubStep(set), browserStep(set)];
  for (const step of steps) {
    const told = await story.tell(step, signal);
    if (!told.ok) return told;
  }
  const { exchange, kubernetes, pods, hub, probeToken, pages } = opened;
  if (!story.passed || !exchange || !kubernetes || !pods || !hub || !probeToken || !pages) {
    return ok(undefined);
  }
  return ok({ request, bench, people, exchange, kubernetes, pods, hub, probeToken, pages });
}

interface Set {
  readonly engine: Engine;
  readonly request: FamilyRequest;
  readonly bench: Bench;
  readonly network: NetworkInfo;
  readonly people: Stage['people'];
  readonly opened: Opened;
}

function directoryStep({ engine, request, bench, network, people, opened }: Set): Step {
  return {
    id: 'directory',
    title: 'slapd knows the people, with a certificate of our own authority',
    needs: [],
    async play(signal) {
      const image = await buildHelperImage(engine, bench, request, signal);
      if (!image.ok) {
        const { failure, output } = image.error;
        if (failure.kind === 'engine') return err(failure.error);
        return fail(`its image could not be built: ${failure.message}`, ...output);
      }
      const directory = await openDirectory(bench, image.value, network, people, signal);
      if (!directory.ok) return directory;
      const { certificates } = directory.value;
      if (certificates === undefined) {
        return withLog(['ldap://ldap does not answer'], 'slapd', directory.value, signal);
      }
      opened.directory = { ...directory.value, certificates };
      return pass(`people: ${Object.values(people).length}, group course: 3`);
    },
  };
}

function exchangeStep({ request, bench, network, opened }: Set): Step {
  return {
    id: 'exchange',
    title: 'the exchange stands open to its course',
    needs: [],
    async play(signal) {
      const exchange = await openExchange(request, bench, network, signal);
      if (!exchange.ok) return exchange;
      const { server, trouble } = exchange.value;
      if (server !== undefined && trouble !== undefined) {
        return withLog([`NFS: ${trouble}`], 'nfs', server, signal);
      }
      opened.exchange = exchange.value;
      return server === undefined
        ? pass('a volume that all pods share: the family has no image of kind nfs')
        : pass('served over NFS; the pods mount its volume itself, under the user ids of its exports');
    },
  };
}

function hubStep(set: Set): Step {
  return {
    id: 'hub',
    title: 'the hub boots from zero-to-jupyterhub’s file layout, behind the family’s proxy',
    needs: ['directory', 'exchange'],
    play: (signal) => openHub(set, signal),
  };
}

async function openHub(set: Set, signal: AbortSignal): Promise<Result<Finding, EngineError>> {
  const { request, bench, network, people, opened } = set;
  const certificates = opened.directory?.certificates;
  if (certificates === undefined) throw new Error('the hub was opened before the directory');
  const kubernetes = { port: kubernetesPort, token: makeToken() };
  const podHost = { port: podHostPort, token: makeToken() };
  const listening = await listen(set, certificates, kubernetes, podHost, signal);
  if (!listening.ok) return err(cannotListen(network.gateway, listening.error, signal));
  const secrets = { probeToken: makeToken(), databasePassword: makeToken() };
  const surroundings = {
    network,
    certificates,
    people,
    secrets,
    proxyToken: makeToken(),
    podHost,
    kubernetes,
  };
  const [hub, lesson] = await Promise.all([
    openFamilyHub(request, bench, surroundings, signal),
    openLesson(bench, network.name, request.images.student, signal),
  ]);
  if (!hub.ok) return hub;
  if (!lesson.ok) return lesson;
  opened.hub = hub.value;
  opened.probeToken = secrets.probeToken;
  for (const name of ['proxy', 'hub'] as const) {
    const { outcome } = hub.value[name];
    if (outcome.kind !== 'ready') return withLog([`${name}: ${outcome.kind}`], name, hub.value[name], signal);
  }
  return pass(`answers at ${hub.value.url}`);
}

async function listen(
  { request, bench, network, people, opened }: Set,
  certificates: Certificates,
  kubernetes: { readonly port: number; readonly token: string },
  podHost: { readonly port: number; readonly token: string },
  signal: AbortSignal,
): Promise<Result<void, string>> {
  const api = await KubernetesApi.listen(
    {
      address: network.gateway,
      ...kubernetes,
      ...certificates.kubernetes,
      namespaces: new Map([
        [people.student.name, { [`notebook-dir.hub/${offeredFolder.label}`]: offeredFolder.path }],
      ]),
    },
    signal,
  );
  if (!api.ok) return api;
  opened.kubernetes = bench.adopt(api.value);
  const pods = await PodHost.listen(
    bench,
    { network, ...podHost, exchange: opened.exchange?.volume ?? '', shellImage: request.images.student },
    signal,
  );
  if (!pods.ok) return pods;
  opened.pods = bench.adopt(pods.value);
  return ok(undefined);
}

function browserStep({ request, bench, opened }: Set): Step {
  return {
    id: 'browser',
    title: 'a headless Chromium stands ready',
    needs: [],
    async play(signal) {
      const chromium = await startChromium(request.chromium, signal);
      if (!chromium.ok) return fail(chromium.error);
      bench.adopt(chromium.value);
      const [student, neighbour, instructor, nobody] = await Promise.all([
        chromium.value.open(),
        chromium.value.open(),
        chromium.value.open(),
        chromium.value.open(),
      ]);
      await Promise.all([student, neighbour, instructor].map(dismissSlowTheme));
      opened.pages = { student, neighbour, instructor, nobody };
      return pass(`Chromium ${chromium.value.version}`);
    },
  };
}

async function withLog(
  evidence: readonly string[],
  name: string,
  container: Pick<LiveContainer<Start | ServerOutcome>, 'log'>,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const log = await container.log(signal);
  if (!log.ok) return log;
  return fail(...evidence, ...tailLines(log.value, logLines).map((line) => `${name}: ${line}`));
}
