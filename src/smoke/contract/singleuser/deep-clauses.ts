/** Clauses of the deep tier that ask one thing of an odd start: S4a, S8, S15, S18, S18a and S19a. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
import type { ServerOutcome } from '../../live-container.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { anyUid, crowdSize, loneBudgetMs, otherPort } from './deep-starts.ts';
import type { Crowd } from './deep-starts.ts';
import { answersAsServer } from './s1-starts-through-entrypoint.ts';

const hubPatienceMs = 30_000;

export const bindsAnyPort: Clause<Pod> = {
  id: 'S4a',
  title: `listens on another port where JUPYTERHUB_SERVICE_URL names one (${otherPort})`,
  why: 'A port that is written into the image works until a hub is configured otherwise.',
  met: [],
  severity: 'should',
  tier: 'deep',
  tested: `JUPYTERHUB_SERVICE_URL names port ${otherPort}, and the server has to answer there.`,
  remedy: 'Take `--port` out of the image: the environment says where to listen.',
  async test({ outcome }) {
    const evidence = [`asked for port ${otherPort}: ${outcomeLine(outcome)}`];
    if (outcome.kind === 'ready') return ok({ result: 'pass', evidence });
    const hint = 'the port is written into the image: `--port` on a command line beats the environment';
    return ok({ result: 'fail', evidence, hint });
  },
};

export const endsWithoutHub: Clause<Pod> = {
  id: 'S8',
  title: 'ends by itself where its hub cannot be reached',
  why: 'A server without its hub lets nobody in. Ending with an error is what makes that visible; it takes longer than the hub itself waits.',
  met: [],
  severity: 'info',
  tier: 'deep',
  tested: `Started with a JUPYTERHUB_API_URL where nobody listens; it has to end with an error within ${loneBudgetMs / 1000} s.`,
  remedy: 'Nothing, as long as `jupyterhub-singleuser` is what runs: it tries five times, and ends.',
  async test({ outcome }) {
    const evidence = [`without a hub: ${outcomeLine(outcome)}`];
    if (outcome.kind === 'ended' && outcome.exitCode !== 0) return ok({ result: 'pass', evidence });
    const hint = 'the server goes on without a hub that could let anybody in';
    return ok({ result: 'fail', evidence, hint });
  },
};

export const worksAsAnyUser: Clause<Pod> = {
  id: 'S15',
  title: 'starts as a user that the image does not know',
  why: 'OpenShift and some sites give every namespace a uid of its own; there is no line in /etc/passwd for it.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#819'],
  severity: 'should',
  tier: 'deep',
  tested: `Started as uid ${anyUid} with group 100, and a home that group 100 may write.`,
  remedy:
    'Set HOME with ENV, let group 100 or everybody read what the server needs, and do not ask for the name of the user.',
  async test(pod) {
    const evidence = [`as uid ${anyUid}: ${outcomeLine(pod.outcome)}`];
    if (pod.outcome.kind === 'ready' && answersAsServer(pod)) return ok({ result: 'pass', evidence });
    const hint = 'something belongs to uid 1000 alone, or asks for the name of the user, who has none';
    return ok({ result: 'fail', evidence, hint });
  },
};

export const livesWithFullHome: Clause<Pod> = homeClause({
  id: 'S18',
  title: 'starts with a home that is full',
  home: 'a home into which not one file goes',
  remedy: 'Watch quotas',
  hint: 'the server writes into its home at the start, and ends where it cannot: a student with a full home cannot log in to make room. Watch the volumes, and let the entry point make room or start with another HOME',
});

export const livesWithReadOnlyHome: Clause<Pod> = homeClause({
  id: 'S18a',
  title: 'starts with a home that cannot be written',
  home: 'a read-only home',
  remedy:
    'Watch what serves the homes, and let the entry point start with another HOME where it can be read alone',
  hint: 'the server writes into its home at the start, and ends where it cannot: an NFS server that turns read-only locks everybody out',
});

export const startsInCrowd: Clause<Crowd> = {
  id: 'S19a',
  title: `answers within 30 s where ${crowdSize} of it start at once`,
  why: 'A lecture begins for everybody at the same minute.',
  met: [],
  severity: 'should',
  tier: 'deep',
  tested: `As many servers start at the same moment on this machine, each with its own limits; all have to answer within 30 s.`,
  remedy:
    'Do less at the start; raise `http_timeout`, or pre-pull and pre-start (`singleuser.extraNodeAffinity`, placeholders).',
  async test({ pods }) {
    const evidence = pods.map(({ outcome }, index) => `server ${index + 1}: ${outcomeLine(outcome)}`);
    const late = pods.filter(({ outcome }) => outcome.kind !== 'ready' || outcome.afterMs > hubPatienceMs);
    if (late.length === 0) return ok({ result: 'pass', evidence });
    const hint = `${late.length} of ${crowdSize} are later than z2jh's http_timeout; on a node with more processors it may be none`;
    return ok({ result: 'fail', evidence, hint });
  },
};

function homeClause({
  id,
  title,
  home,
  hint,
  remedy,
}: Record<'id' | 'title' | 'home' | 'hint' | 'remedy', string>): Clause<Pod> {
  return {
    id,
    title,
    why: 'Jupyter writes into the home at every first start; where it cannot, the server ends with exit code 1, and the student cannot even tidy up.',
    met: ['jupyterhub/zero-to-jupyterhub-k8s#518'],
    severity: 'should',
    tier: 'deep',
    tested: `Started with ${home}.`,
    remedy: `${remedy}; there is no image on Jupyter as it is today that passes without an entry point of its own making.`,
    async test(pod) {
      const evidence = [`with ${home}: ${outcomeLine(pod.outcome)}`];
      if (pod.outcome.kind === 'ready' && answersAsServer(pod)) return ok({ result: 'pass', evidence });
      return ok({ result: 'fail', evidence, hint });
    },
  };
}

function outcomeLine(outcome: ServerOutcome): string {
  switch (outcome.kind) {
    case 'ready':
      return `answered after ${seconds(outcome.afterMs)}`;
    case 'ended':
      return `ended with exit code ${outcome.exitCode} after ${seconds(outcome.afterMs)}`;
    case 'elsewhere':
      return `listens on ${outcome.port} instead`;
    case 'refused':
      return excerpt(outcome.message, 160);
    case 'not-ready':
      return `no answer within ${seconds(outcome.afterMs)}`;
    default:
      return outcome satisfies never;
  }
}
