/** Clause S9: who may use the API is decided by the hub. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

const questions = [
  { what: 'without a token', expected: 403 },
  { what: "with the user's token", expected: 200 },
  { what: 'with a wrong token', expected: 403 },
] as const;

export const tokenAccess: Clause<Pod> = {
  id: 'S9',
  title: '`/api/status` opens to a token that the hub vouches for, and to no other',
  why: "A server that asks nobody opens a student's files to the whole campus; one that cannot ask the hub opens to nobody.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "`GET /user/NAME/api/status` without a token, with the user's own and with a wrong one: 403, 200, 403; and the hub has to have been asked whose token that is.",
  remedy:
    'Take `token`, `password`, `allow_unauthenticated_access` and proxy variables out of the image: the hub decides who comes in.',
  needs: ['S6'],
  async test(pod, signal) {
    const path = `${pod.servicePrefix}api/status`;
    const tokens = [undefined, pod.user.userToken, `wrong-${pod.user.userToken.length}`];
    const evidence: string[] = [];
    const statuses: (number | undefined)[] = [];
    for (const [index, question] of questions.entries()) {
      const token = tokens[index];
      const headers = token === undefined ? {} : { authorization: `token ${token}` };
      const answered = await exchange({ host: pod.address, port: pod.port, path, headers }, signal);
      statuses.push(answered.ok ? answered.value.status : undefined);
      const shown = answered.ok ? String(answered.value.status) : excerpt(answered.error.message);
      evidence.push(`GET ${path} ${question.what}: ${shown} (expected ${question.expected})`);
    }
    const asked = pod.hub.requests.some(({ path: at, token }) => at === '/hub/api/user' && token === 'user');
    evidence.push(
      asked ? 'it asked the hub whose token that is' : 'it never asked the hub whose token that is',
    );
    const [without, good, wrong] = statuses;
    // 404: it let the user in, and what it would tell is not to be had (kernels of a gateway): other clauses' matter.
    if (asked && without === 403 && wrong === 403 && (good === 200 || good === 404)) {
      return ok({ result: 'pass', evidence });
    }
    return ok({ result: 'fail', evidence, hint: likelyCause(statuses, asked) });
  },
};

function likelyCause(statuses: readonly (number | undefined)[], asked: boolean): string {
  const [without, good, wrong] = statuses;
  if (without === 200 || wrong === 200) {
    return "the server lets anybody in: look for an empty `token` or `password`, `allow_unauthenticated_access` or `disable_user_config` in the image's Jupyter configuration";
  }
  if (good !== 200 && !asked) {
    return 'the server does not ask the hub: JUPYTERHUB_API_URL is overridden, or a proxy variable (HTTP_PROXY without NO_PROXY) leads its requests elsewhere';
  }
  return 'the server asks the hub and does not heed its answer: the `jupyterhub` package in the image may be too old or broken';
}
