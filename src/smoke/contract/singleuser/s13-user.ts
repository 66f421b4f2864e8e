/** Clause S13: the server works as uid 1000 with group 100, and its user can write at home. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import { insideReport } from '../../inside-report.ts';
import type { InsideReport } from '../../inside-report.ts';
import { askServer } from '../../../hub/jupyter-api.ts';
import { exchangeLine } from '../../evidence.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';
import { startedUnder } from './condition.ts';
import { answersAsServer } from './s1-starts-through-entrypoint.ts';

const userId = 1000;
const groupId = 100;
const answerMs = 30_000;

const startHint =
  'the start needs another user than the hub gives it (uid 1000, group 100): files that only their owner may read or run, a folder that uid 1000 may not enter (WORKDIR), or an entry point that insists on a uid. `chmod -R g+rX,o+rX` what the server needs, and test with `docker run --user 1000`';

const folderHint =
  'user 1000 may not look into the folder in which the server starts: set WORKDIR to the home (`WORKDIR /home/jovyan`), and leave `root_dir` alone';

export const worksAsHubsUser: Clause<Pod> = {
  id: 'S13',
  title: 'works as uid 1000 with group 100, and can write its home',
  why: 'z2jh runs every server as uid 1000 with fsGroup 100. Where that user cannot write at home, nothing is ever saved.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#819'],
  severity: 'must',
  tier: 'gate',
  tested:
    'The server lists the folder that it starts in; a kernel says who it is and writes into $HOME; where no Python kernel can be asked, the server saves a file. A start that failed is tried again as another user.',
  remedy:
    'Give what the server needs to group 100 or to everybody, and let HOME name the folder over which the hub mounts the volume.',
  async test(pod, signal) {
    const start = await startedUnder(pod, 'user', startHint, signal);
    if (!start.ok) return start;
    if (start.value !== undefined) return ok(start.value);
    if (!answersAsServer(pod)) {
      // It knows nobody's token, so that whatever it is asked, it refuses.
      return ok({ result: 'not-run', evidence: ['what answers is no jupyterhub-singleuser'] });
    }
    const listed = await askServer(serverOf(pod), { method: 'GET', api: 'api/contents?content=1' }, signal);
    if (listed.ok && listed.value.status >= 400) {
      const evidence = [exchangeLine('GET api/contents', listed)];
      // Its API tells its troubles as JSON; a page means that the API is not where the hub looks for it (S5, S6).
      if (listed.value.body.trimStart().startsWith('<')) return ok({ result: 'not-run', evidence });
      return ok({ result: 'fail', evidence, hint: folderHint });
    }
    const inside = await insideReport(pod, answerMs, signal);
    if (inside?.report !== undefined) return ok(judgeReport(pod, inside.report));
    return ok(await saveFile(pod, signal));
  },
};

function judgeReport({ image }: Pod, report: InsideReport): Finding {
  const { uid, groups, home, homeTrouble } = report;
  const evidence = [
    `uid ${uid}, groups ${groups.join(' ')}`,
    `HOME is ${excerpt(home, 100)}: ${homeTrouble === '' ? 'written' : excerpt(homeTrouble, 160)}`,
  ];
  if (homeTrouble !== '') {
    const hint =
      home === image.home
        ? `user 1000 cannot write into ${excerpt(home, 100)}, though it is mounted for group 100: the entry point changes its group or its rights`
        : `HOME names ${excerpt(home, 100)}, and the user's volume is mounted over ${image.home}: set ENV HOME=${image.home}, or correct what the entry point exports`;
    return { result: 'fail', evidence, hint };
  }
  if (uid !== userId || !groups.includes(groupId)) {
    const hint = 'the entry point becomes another user than the hub started; leave uid and groups to the hub';
    return { result: 'fail', evidence, hint };
  }
  return { result: 'pass', evidence };
}

/** The server runs as the user that its container was started as; what is left to see is whether it can save. */
async function saveFile(pod: Pod, signal: AbortSignal): Promise<Finding> {
  const api = 'api/contents/hubwright.txt';
  const body = { type: 'file', format: 'text', content: 'x' };
  const saved = await askServer(serverOf(pod), { method: 'PUT', api, body }, signal);
  const evidence = ['no Python kernel can be asked', exchangeLine(`PUT ${api}`, saved)];
  if (!saved.ok || saved.value.status !== 201) return { result: 'not-run', evidence };
  await askServer(serverOf(pod), { method: 'DELETE', api }, signal);
  return { result: 'pass', evidence };
}
