/** Clauses S14 and S14a: nothing that is needed, or meant to be seen, lies in the home that the hub's volume hides. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { startedUnder } from './condition.ts';
import { neededInHome } from './home-needs.ts';

const shown = 5;

const startHint =
  'the start needs something that the image has in its home, or a home that belongs to the user; the hub mounts an empty volume there, owned root:100 with mode 2775. Put files elsewhere (/opt, /usr/local, {prefix}/share), and let the entry point make what it wants at home';

const ownHint =
  'the entry point changes the owner or the mode of the home, which only its owner may, and ends where that fails: the hub mounts it as root:100 with mode 2775, so that group 100 can write. Leave it as it is, or go on without (`chown … || true`)';

/** Whether `chown` or `chmod` was refused at the home, or something in it. */
export function wantsToOwn(words: string, home: string): boolean {
  return words
    .split('\n')
    .some(
      (line) =>
        /changing (ownership|group|permissions) of|\b(chown|chgrp|chmod)\b/.test(line) &&
        /not permitted/i.test(line) &&
        line.includes(home),
    );
}

export const livesWithEmptyHome: Clause<Pod> = {
  id: 'S14',
  title: 'needs nothing of what the image has in its home',
  why: 'The hub mounts an empty volume over the home. What the build put there (a kernel, an environment, a script) is gone in every pod, and present in every `docker run`.',
  met: ['jupyter/docker-stacks#229', 'jupyter/docker-stacks#331'],
  severity: 'must',
  tier: 'gate',
  tested:
    "Started with an empty home (root:100, mode 2775, not filled from the image); a start that failed is tried again with the image's own home. Kernels, environments, packages, extensions, start-up files, programs on PATH and whatever variables name are looked for in the home.",
  remedy:
    "Install into the image's prefix or /opt instead of $HOME; `pip install` as root, kernelspecs with `--sys-prefix`.",
  async test(pod, signal) {
    const start = await startedUnder(pod, 'home', startHint, signal);
    if (!start.ok) return start;
    if (start.value?.result === 'fail') {
      const log = await pod.log(signal);
      if (!log.ok) return log;
      if (wantsToOwn(log.value, pod.image.home)) return ok({ ...start.value, hint: ownHint });
    }
    const needed = neededInHome(pod.image);
    if (needed.length > 0) {
      const evidence = [
        `hidden by the volume at ${pod.image.home}:`,
        ...needed.slice(0, shown).map((line) => excerpt(line)),
      ];
      const hint =
        "something that runs was installed into the home, where the hub's empty volume hides it: install it into the image's prefix or /opt";
      return ok({ result: 'fail', evidence, hint });
    }
    return ok(
      start.value ?? {
        result: 'pass',
        evidence: [`an empty volume is mounted at ${pod.image.home}; the server runs`],
      },
    );
  },
};

export const hidesNoFiles: Clause<Pod> = {
  id: 'S14a',
  title: 'has no visible files in its home, which nobody would find',
  why: 'Notebooks and data that the build copied into the home are there in `docker run`, and in no pod.',
  met: ['jupyter/docker-stacks#229', 'jupyter/docker-stacks#331'],
  severity: 'should',
  tier: 'gate',
  tested: "The image's home is listed: files whose names do not begin with a dot, nor lie in such a folder.",
  remedy:
    'Keep them elsewhere in the image and copy them in the entry point, or let students pull them (nbgitpuller).',
  async test({ image }) {
    const visible = image.homeEntries.filter(({ kind, path }) => kind === 'file' && !/(^|\/)\./.test(path));
    if (visible.length === 0) return ok({ result: 'pass', evidence: [`no visible file in ${image.home}`] });
    const names = visible
      .slice(0, shown)
      .map(({ path }) => excerpt(path, 80))
      .join(', ');
    const evidence = [
      `in ${image.home}: ${visible.length} files (${names}${visible.length > shown ? ', …' : ''})`,
    ];
    const hint = 'users will not see these files: the hub mounts an empty volume over them';
    return ok({ result: 'fail', evidence, hint });
  },
};
