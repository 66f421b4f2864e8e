/** Clause S12: a terminal opens. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import { tryTerminal } from '../../terminal-session.ts';
import type { Clause } from '../clause.ts';
import { upgradeAdvice } from './upgrade-advice.ts';

export const opensTerminal: Clause<Pod> = {
  id: 'S12',
  title: 'a terminal opens, and a shell answers in it',
  why: 'The terminal is where students install a package, pull a repository, or look for what went wrong.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: '`POST /api/terminals` must answer 200; over its websocket a shell must be there and stay.',
  remedy:
    'Install `terminado` and a shell, let SHELL name one that is in the image, and leave `terminals_enabled` alone.',
  needs: ['S6'],
  async test(pod, signal) {
    const tried = await tryTerminal(serverOf(pod), signal);
    if (tried.kind === 'answers' || tried.kind === 'stays')
      return ok({ result: 'pass', evidence: tried.evidence });
    if (!pod.image.hasShell) {
      return ok({
        result: 'not-applicable',
        evidence: [...tried.evidence, 'the image has no shell (/bin/sh)'],
      });
    }
    const shell = pod.image.env.get('SHELL');
    const named = shell === undefined ? '' : ` SHELL is ${excerpt(shell, 60)} in the image.`;
    const hint =
      tried.kind === 'shut'
        ? `a terminal is there, and its websocket does not open: ${upgradeAdvice}`
        : tried.kind === 'absent'
          ? 'the server offers no terminals: `terminado` is missing or broken, or `terminals_enabled` is False'
          : `no shell comes up in the terminal: SHELL or \`terminado_settings\` names a program that is not in the image, or the shell ends at once: look for an \`exit\` or \`set -e\` in what it reads first (/etc/profile.d, /etc/bash.bashrc).${named}`;
    return ok({ result: 'fail', evidence: tried.evidence, hint });
  },
};
