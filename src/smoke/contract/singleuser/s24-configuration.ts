/** Clause S24: the administrator's configuration is read where administrators put it. */
import { jsonIn } from '../../../../registry/parse-json.ts';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import { insideReport } from '../../inside-report.ts';
import { field } from '../../../hub/jupyter-api.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

const answerMs = 30_000;
const shared = ['/etc/jupyter', '/usr/local/etc/jupyter'];

export const readsConfiguration: Clause<Pod> = {
  id: 'S24',
  title: 'reads configuration from /etc/jupyter, /usr/local/etc/jupyter or {prefix}/etc/jupyter',
  why: 'z2jh mounts files there (`singleuser.extraFiles`), and sites put their defaults there. Where nothing is read from, they silently do not count.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "Jupyter's configuration path is asked of the kernel, which has the server's environment, else of `jupyter --paths`; such a folder that is there, and what a server reads in it (`jupyter_server_config.py`, `.json`, `.d`), may not be shut to uid 1000.",
  remedy:
    'Keep JUPYTER_NO_CONFIG and JUPYTER_CONFIG_PATH out of the image, or let the latter name one of these folders; let everybody read these.',
  needs: ['S6'],
  async test(pod, signal) {
    const report = (await insideReport(pod, answerMs, signal))?.report;
    const paths =
      report?.configPaths === undefined ? await pathsByCommand(pod, signal) : ok(report.configPaths);
    if (!paths.ok) return paths;
    if (paths.value === undefined) {
      return ok({
        result: 'not-applicable',
        evidence: ['neither a kernel nor `jupyter --paths` tells where it is read from'],
      });
    }
    const evidence = [`configuration is read from: ${excerpt(paths.value.join(', '))}`];
    const shut = report?.shutConfigPaths.filter(isShared) ?? [];
    if (shut.length > 0) {
      evidence.push(`uid 1000 may not read: ${excerpt(shut.join(', '))}`);
      const hint = `whatever lies there, or is mounted there, silently does not count: \`chmod -R a+rX ${excerpt(shut.join(' '), 100)}\``;
      return ok({ result: 'fail', evidence, hint });
    }
    if (paths.value.some(isShared)) return ok({ result: 'pass', evidence });
    const hint =
      "no folder of the image's is read: JUPYTER_NO_CONFIG or JUPYTER_CONFIG_PATH is set in the image";
    return ok({ result: 'fail', evidence, hint });
  },
};

function isShared(path: string): boolean {
  const folder = path.replace(/\/jupyter_(server_)?config\..*$/, '');
  return shared.includes(folder) || (/^\/.+\/etc\/jupyter$/.test(folder) && !folder.startsWith('/home/'));
}

async function pathsByCommand(
  pod: Pod,
  signal: AbortSignal,
): Promise<Result<readonly string[] | undefined, EngineError>> {
  const run = await pod.engine.exec(pod.containerId, ['jupyter', '--paths', '--json'], {}, signal);
  if (!run.ok)
    return run.error.kind === 'unreachable' || run.error.kind === 'cancelled' ? run : ok(undefined);
  const paths = field(jsonIn(run.value.stdout), 'config');
  return ok(Array.isArray(paths) ? paths.map(String) : undefined);
}
