/** Clause H5: the hub has the packages that z2jh's configuration loads. */
import { err, ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import type { HubContainer } from './hub-container.ts';

/** By z2jh's jupyterhub_config.py and z2jh.py; pycurl is what it tells tornado to use. */
const modules = [
  'jupyterhub',
  'kubespawner',
  'kubernetes_asyncio',
  'tornado.curl_httpclient',
  'yaml',
  'jupyterhub_idle_culler',
] as const;

const budgetMs = 60_000;

/** A line for each module that cannot be imported. */
const program = `
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(f"{name}: {type(error).__name__}: {error}".replace("\\n", " "))
`;

export const importsWhatChartLoads: Clause<HubContainer> = {
  id: 'H5',
  title: "has the packages that z2jh's configuration loads",
  why: 'The chart mounts its own configuration over the image. What that imports has to be there, whatever the image itself is configured for: else the hub ends at its first start in the cluster, or nobody is ever culled.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `Python inside the running hub imports ${modules.join(', ')}.`,
  remedy: 'Install what is missing; pycurl needs libcurl.',
  needs: ['H1'],
  async test({ engine, containerId }, signal) {
    const budget = AbortSignal.timeout(budgetMs);
    const command = ['python3', '-c', program, ...modules];
    const ran = await engine.exec(containerId, command, {}, AbortSignal.any([signal, budget]));
    if (!ran.ok) {
      if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
      if (ran.error.kind === 'unreachable') return ran;
      return ok({
        result: 'not-run',
        evidence: [`Python could not be asked: ${excerpt(ran.error.message)}`],
      });
    }
    const { exitCode, stdout, stderr } = ran.value;
    if (exitCode !== 0) {
      return ok({ result: 'not-run', evidence: [`Python could not be asked: ${excerpt(stderr || stdout)}`] });
    }
    const missing = stdout.split('\n').filter((line) => line !== '');
    if (missing.length === 0) return ok({ result: 'pass', evidence: [`imports ${modules.join(', ')}`] });
    const evidence = missing.map((line) => excerpt(line));
    return ok({
      result: 'fail',
      evidence,
      hint: 'packages are missing or broken, without which z2jh does not run this hub',
    });
  },
};
