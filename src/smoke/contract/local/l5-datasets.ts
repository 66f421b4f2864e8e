/** Clause L5: the datasets are there, whole and readable. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import type { LocalServer } from './local-server.ts';

const folder = '/srv/data';
const sums = `${folder}/SHA256SUMS`;

/** Exit codes of our own, which `sha256sum` does not use. */
const noList = 44;
const noProgram = 45;

const hint =
  'files are missing, changed, or not readable for the user that the image starts as, or their folder is shut to him';

const script = `
[ -e ${sums} ] || exit ${noList}
command -v sha256sum > /dev/null || exit ${noProgram}
cd ${folder} && grep -c . SHA256SUMS
[ ! -s SHA256SUMS ] || sha256sum --check --quiet SHA256SUMS 2>&1`;

export const hasDatasets: Clause<LocalServer> = {
  id: 'L5',
  title: `the datasets that \`${sums}\` lists are there, with these checksums`,
  why: 'A dataset that is cut short or was exchanged shows in the results of a lesson, if at all.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `\`sha256sum --check\` in ${folder}, as the image's own user.`,
  remedy:
    'Build the image again; where a file at a URL has changed, look at it before you change its checksum.',
  needs: ['L1'],
  async test({ engine, containerId }, signal) {
    const ran = await engine.exec(containerId, ['/bin/sh', '-c', script], { maxBytes: 16 * 1024 }, signal);
    if (!ran.ok) {
      if (ran.error.kind === 'unreachable' || ran.error.kind === 'cancelled') return ran;
      return ok({ result: 'not-run', evidence: [excerpt(ran.error.message)] });
    }
    const { exitCode, stdout } = ran.value;
    if (exitCode === noList) {
      // A folder that is shut to the user looks as empty to him as one that is not there.
      const seen = await engine.fileMode(containerId, sums, signal);
      if (seen.ok) return ok({ result: 'fail', evidence: [`${sums} is there and cannot be seen`], hint });
      if (seen.error.kind === 'unreachable' || seen.error.kind === 'cancelled') return seen;
      return ok({ result: 'not-applicable', evidence: [`the image has no ${sums}`] });
    }
    if (exitCode === noProgram) return ok({ result: 'not-run', evidence: ['the image has no `sha256sum`'] });
    const [count = '0', ...troubles] = stdout.trim().split('\n');
    if (exitCode === 0) return ok({ result: 'pass', evidence: [`${count} files, all as listed`] });
    return ok({ result: 'fail', evidence: troubles.slice(0, 5).map((line) => excerpt(line)), hint });
  },
};
