/** Clause S6: the server's API answers under the user's prefix, as JupyterHub's own server does. */
import { ok } from '../../../core/result.ts';
import { jsonOf, textField } from '../../../hub/jupyter-api.ts';
import { exchangeLine, excerpt } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import type { HttpAnswer } from '../../../hub/http-exchange.ts';
import type { Pod } from '../../pod.ts';
import { speaksTls } from '../../../../registry/speaks-tls.ts';
import type { Clause } from '../clause.ts';
import { tlsHint } from '../common/port-finding.ts';
import { isHubServerElsewhere } from './s5-base-url.ts';

export const apiAnswers: Clause<Pod> = {
  id: 'S6',
  title: '`GET /user/NAME/api` answers 200 with a version and `X-JupyterHub-Version`',
  why: 'The hub takes any answer below 500 for "ready", even a 404: a plain Jupyter server passes its check and shows the student an error page.',
  met: [
    'jupyterhub/jupyterhub#3007',
    'jupyterhub/jupyterhub#4242',
    'jupyterhub/jupyterhub#4518',
    'ICESAT-2HackWeek/website2022#66',
  ],
  severity: 'must',
  tier: 'gate',
  tested:
    '`GET /user/NAME/api` without a login: status 200, a JSON object with `version`, and the header `X-JupyterHub-Version`.',
  remedy:
    'Start `jupyterhub-singleuser` rather than `jupyter lab`, `jupyter notebook` or a server of another kind.',
  needs: ['S4'],
  async test(pod, signal) {
    const path = `${pod.servicePrefix}api`;
    // One that gave no answer in all that time is not asked again.
    const answered =
      pod.outcome.kind === 'not-ready'
        ? pod.outcome.last
        : await exchange({ host: pod.address, port: pod.port, path }, signal);
    const evidence = [exchangeLine(`GET ${path}`, answered)];
    if (!answered.ok) {
      const hint = (await speaksTls(pod.address, pod.port, signal))
        ? tlsHint
        : 'it listens and does not answer; a server of another kind, or one that hangs at its start';
      return ok({ result: 'fail', evidence, hint });
    }
    const version = answered.value.headers['x-jupyterhub-version'];
    evidence.push(
      `X-JupyterHub-Version: ${version === undefined ? '(absent)' : excerpt(String(version), 40)}`,
    );
    if (answered.value.status === 200 && version !== undefined && hasVersion(answered.value)) {
      return ok({ result: 'pass', evidence });
    }
    return ok({ result: 'fail', evidence, hint: await likelyCause(pod, answered.value, signal) });
  },
};

function hasVersion(answer: HttpAnswer): boolean {
  return textField(jsonOf(answer), 'version') !== undefined;
}

async function likelyCause(pod: Pod, answer: HttpAnswer, signal: AbortSignal): Promise<string> {
  if (answer.status >= 500) return "its server has an error of its own; the log's end tells which";
  if (isHubServerElsewhere(ok(answer))) {
    return "the hub's own server answers, and lives under another prefix: see S5";
  }
  const plain = await exchange({ host: pod.address, port: pod.port, path: '/api' }, signal);
  if (plain.ok && plain.value.status === 200 && hasVersion(plain.value)) {
    return "a plain Jupyter server answers at `/api`, without the user's prefix: the image starts `jupyter lab` or `jupyter server` instead of `jupyterhub-singleuser`";
  }
  if (answer.status === 200 && hasVersion(answer)) {
    return "a plain Jupyter server answers under the right prefix, without JupyterHub's login: start `jupyterhub-singleuser` instead";
  }
  return 'what answers on this port is no `jupyterhub-singleuser`; the `jupyterhub` package may be missing, or another server took the port';
}
