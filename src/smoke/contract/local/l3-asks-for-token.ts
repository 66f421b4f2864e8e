/** Clause L3: only who knows the token gets in, and the log tells it. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import { askServer } from '../../../hub/jupyter-api.ts';
import { serverPort } from '../../pod-environment.ts';
import type { Clause } from '../clause.ts';
import type { LocalServer } from './local-server.ts';

const guarded = 'api/status';

export const asksForToken: Clause<LocalServer> = {
  id: 'L3',
  title: 'opens to the token that its log shows, and to nobody without it',
  why: 'A forwarded port is open to the whole network of a lecture hall: without a token everybody there can run programs on the laptop.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `\`/${guarded}\` is asked for without a token, with a wrong one, and with the one in the address that the log shows.`,
  remedy:
    "Leave Jupyter's own token on, and its log's level at `INFO`; a token of one's own comes by JUPYTER_TOKEN.",
  needs: ['L2'],
  async test(server, signal) {
    const target = { host: server.address, port: serverPort };
    const without = await exchange({ ...target, path: `/${guarded}` }, signal);
    const wrong = await askServer(
      { ...target, servicePrefix: '/', token: 'wrong' },
      { method: 'GET', api: guarded },
      signal,
    );
    const evidence = [exchangeLine('without a token', without), exchangeLine('with a wrong token', wrong)];
    if ([without, wrong].some((answered) => answered.ok && answered.value.status < 400)) {
      const hint =
        'anybody who reaches the port can run programs: the configuration empties the token (`--NotebookApp.token=`, `IdentityProvider.token = ""`) or allows unauthenticated access';
      return ok({ result: 'fail', evidence, hint });
    }
    const token = await server.token(signal);
    if (!token.ok) return token;
    if (token.value === undefined) {
      const hint = 'the log shows no address with a token, so nobody can know it';
      return ok({ result: 'fail', evidence: [...evidence, 'no token in the log'], hint });
    }
    const { value } = token;
    const known = await askServer(
      { ...target, servicePrefix: '/', token: value },
      { method: 'GET', api: guarded },
      signal,
    );
    evidence.push(exchangeLine("with the log's token", known));
    if (known.ok && known.value.status === 200) return ok({ result: 'pass', evidence });
    const hint = 'the token that the log shows is not the one that the server wants';
    return ok({ result: 'fail', evidence, hint });
  },
};
