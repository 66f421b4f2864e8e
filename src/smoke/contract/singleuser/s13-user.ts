/** Clause S13: the server works as uid 1000 with group 100, and its user can write at home. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import { switchesUser } from '../../hints.ts';
import { insideReport } from '../../inside-report.ts';
import type { InsideReport } from '../../inside-report.ts';
import { askServer } from '../../../hub/jupyter-api.ts';
import { exchangeLine } from '../../evidence.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';
import { startedUnder } from './condition.ts';
import { deniedPath } from './denied-path.ts';
import { saveNotebook } from './notebook-saving.ts';
import { answersAsServer } from './s1-starts-through-entrypoint.ts';
import { tmpTroubleOfShell } from './tmp-by-shell.ts';

const userId = 1000;
const groupId = 100;
const answerMs = 30_000;

const startHint =
  'the start needs another user than the hub gives it (uid 1000, group 100): files that only their owner may read or run, a folder that uid 1000 may not enter (WORKDIR, or one above the home), or an entry point that insists on a uid. `chmod -R g+rX,o+rX` what the server needs, and test with `docker run --user 1000`';

const folderHint =
  'user 1000 may not look into the folder in which the server starts: set WORKDIR to the home (`WORKDIR /home/jovyan`), and leave `root_dir` alone';

const listingHint =
  "the server cannot list its own files, and says so as an error of its own: a contents manager in the image's configuration, a limit that the entry point sets (ulimit), or a folder of root's; the log's error tells which";

const shutFolderHint =
  'user 1000 may not write into the folder that the server shows, nor does its home lie beneath it: every new notebook fails. Set WORKDIR to the home (`WORKDIR /home/jovyan`), and leave `root_dir` alone';

/** A 403 that comes of the file system; whoever refuses for reasons of his own gives other words. */
const saidOfRights = /permission denied|not writable|read-only file system/i;

function lostHint({ image: { home } }: Pod): string {
  return `notebooks are saved, and lost when the server stops: the server shows a folder of the container's, not the user's volume at ${home}. Set WORKDIR to the home (\`WORKDIR ${home}\`), and leave \`root_dir\` alone`;
}

const savingHint =
  "the server lists files and saves no notebook: a hook or a contents manager in the image's Jupyter configuration fails, or uid 1000 may not write where Jupyter keeps its signatures (JUPYTER_DATA_DIR, XDG_DATA_HOME). The answer above and the log's end tell which";

const sizeHint =
  "small notebooks are saved, and none of the size that a picture gives it: a limit on what the server takes (`max_body_size` or `max_buffer_size` in the image's Jupyter configuration, or a proxy of the image's own before it). Take it out";

const nameHint =
  'notebooks are saved, and none whose name has a letter beyond ASCII (`Übung.ipynb`): Python takes file names for ASCII. Take LC_ALL, PYTHONUTF8 and PYTHONCOERCECLOCALE out of the image, or set `LANG=C.UTF-8`';

const tmpHint =
  'user 1000 may not write into /tmp, where half of all programs put their files: a COPY or a restored archive has changed its mode. `RUN chmod 1777 /tmp`';

export const worksAsHubsUser: Clause<Pod> = {
  id: 'S13',
  title: 'works as uid 1000 with group 100, can write its home and /tmp, and saves a notebook that stays',
  why: 'z2jh runs every server as uid 1000 with fsGroup 100. Where that user cannot write, nothing is ever saved.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#819'],
  severity: 'must',
  tier: 'gate',
  tested:
    'The server lists the folder that it shows, and saves a notebook of 256 KiB there, or in the home beneath it; a Python kernel says who it is, and writes into $HOME and /tmp (without one a shell writes into /tmp). The notebook may not lie outside of the volume at home. A start that failed is tried again as another user.',
  remedy:
    'Give what the server needs to group 100 or to everybody, let HOME and WORKDIR name the folder over which the hub mounts the volume, and leave /tmp at mode 1777.',
  async test(pod, signal) {
    const start = await startedUnder(pod, 'user', startHint, signal);
    if (!start.ok) return start;
    if (start.value?.result === 'fail') return withDeniedPath(pod, start.value, signal);
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
      return ok({ result: 'fail', evidence, hint: listed.value.status < 500 ? folderHint : listingHint });
    }
    const inside = await insideReport(pod, answerMs, signal);
    const told = inside?.report === undefined ? undefined : judgeReport(pod, inside.report);
    if (told?.result === 'fail') return ok(told);
    const tmpTrouble = told === undefined ? await tmpTroubleOfShell(pod, signal) : ok(undefined);
    if (!tmpTrouble.ok) return tmpTrouble;
    if (tmpTrouble.value !== undefined) {
      const evidence = ['no Python kernel can be asked', `/tmp, by a shell: ${tmpTrouble.value}`];
      return ok({ result: 'fail', evidence, hint: tmpHint });
    }
    if (!listed.ok)
      return ok(told ?? { result: 'not-run', evidence: [exchangeLine('GET api/contents', listed)] });
    const saving = await saveNotebook(pod, inside?.report?.cwd, signal);
    if (!saving.ok) return saving;
    const { kind, status, byName, bySize } = saving.value;
    const evidence = [...(told?.evidence ?? ['no Python kernel can be asked']), ...saving.value.evidence];
    if (kind === 'saved') return ok({ result: 'pass', evidence });
    const shut = status === 403 && saidOfRights.test(saving.value.evidence.join('\n'));
    const refusedHint = bySize ? sizeHint : byName ? nameHint : shut ? shutFolderHint : savingHint;
    return ok({ result: 'fail', evidence, hint: kind === 'lost' ? lostHint(pod) : refusedHint });
  },
};

/** Says which path it was that the start was refused, and by which variable it came there. */
async function withDeniedPath(
  pod: Pod,
  failure: Extract<Finding, { result: 'fail' }>,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const log = await pod.log(signal);
  if (!log.ok) return log;
  if (switchesUser.sign.test(log.value)) return ok({ ...failure, hint: switchesUser.hint });
  const denied = deniedPath(log.value, pod.image.env);
  if (denied === undefined) return ok(failure);
  const evidence = [...failure.evidence, `uid ${userId} was refused ${excerpt(denied.path, 160)}`];
  const ownHome = `${denied.path}/`.startsWith(`${pod.image.home}/`);
  if (ownHome || denied.variable === undefined) {
    return ok({ ...failure, evidence, hint: refusedAt(denied.path, pod.image.home) });
  }
  const hint = `\`${denied.variable}\` in the image leads uid ${userId} to a folder in which it may do nothing: take the variable out, or let it name a folder that group ${groupId} may write (the home: ${pod.image.home})`;
  return ok({ ...failure, evidence, hint });
}

/** What to do about a path that the start was refused, and to which no variable leads. */
export function refusedAt(path: string, home: string): string {
  const at = `\`${excerpt(path, 100)}\``;
  if (`${path}/`.startsWith(`${home}/`)) {
    return `uid ${userId} does not get to ${at} in its own home, which it may write: a folder above the home is shut to it. \`chmod 755\` every folder on the way to ${excerpt(home, 100)}`;
  }
  return `the start needs ${at}, and uid ${userId} with group ${groupId} may not read, write or enter it: let the entry point do without (files of one's own go into the home or /tmp), or give it to group ${groupId} or to everybody; test with \`docker run --user 1000\``;
}

function judgeReport({ image }: Pod, report: InsideReport): Finding {
  const { uid, groups, home, homeTrouble, tmpTrouble } = report;
  const evidence = [
    `uid ${uid}, groups ${groups.join(' ')}`,
    `HOME is ${excerpt(home, 100)}: ${homeTrouble === '' ? 'written' : excerpt(homeTrouble, 160)}`,
    `/tmp: ${tmpTrouble === '' ? 'written' : excerpt(tmpTrouble, 160)}`,
  ];
  if (homeTrouble !== '') {
    const hint =
      home === image.home
        ? `user 1000 cannot write into ${excerpt(home, 100)}, though it is mounted for group 100: the entry point changes its group or its rights`
        : `HOME names ${excerpt(home, 100)} in the kernel, and the user's volume is mounted over ${image.home}: set ENV HOME=${image.home}, or correct what the entry point exports, or the \`env\` of the kernelspec`;
    return { result: 'fail', evidence, hint };
  }
  if (uid !== userId || !groups.includes(groupId)) {
    const hint = 'the entry point becomes another user than the hub started; leave uid and groups to the hub';
    return { result: 'fail', evidence, hint };
  }
  if (tmpTrouble !== '') return { result: 'fail', evidence, hint: tmpHint };
  return { result: 'pass', evidence };
}
