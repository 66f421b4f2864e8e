/** Clause S21: PID 1 takes care of orphans. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { insideReport } from '../../inside-report.ts';
import { hostProcessesAndZombies } from '../../inside.ts';
import { pause } from '../../pause.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

/** Time for PID 1 to notice an orphan's end. */
const reapMs = 2500;
const kernelMs = 20_000;
const shown = 3;

/** Leaves a process behind whose parent has ended, and tells whether it is still there after its own end. */
const orphanInPython = `
def _hubwright():
    import subprocess, sys, time
    code = 'import os, time\\nif os.fork(): os._exit(0)\\nprint(os.getpid(), flush=True)\\nos.close(1)\\ntime.sleep(0.2)'
    pid = subprocess.run([sys.executable, '-I', '-S', '-c', code], stdout=subprocess.PIPE, text=True).stdout.strip()
    end = time.monotonic() + ${(reapMs / 1000).toFixed(1)}
    state = 'unknown'
    while pid and state != 'gone' and time.monotonic() < end:
        time.sleep(0.1)
        try: state = open('/proc/' + pid + '/stat').read().rpartition(')')[2].split()[0]
        except OSError: state = 'gone'
    print('state', state, flush=True)
_hubwright()
del _hubwright
`;

const hint =
  'PID 1 in the container does not reap orphans: let an init be the first word of ENTRYPOINT (`tini --`, `dumb-init --`); a server or a script as PID 1 collects zombies until the pod can start no more processes';

export const reapsOrphans: Clause<Pod> = {
  id: 'S21',
  title: 'PID 1 reaps orphans',
  why: 'Every process that outlives its terminal or its cell becomes a zombie under a PID 1 that does not reap, until the limit on processes is reached and nothing starts any more.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'A kernel (else a shell) leaves an orphan behind that ends at once; two and a half seconds later it must not be there as a zombie.',
  remedy: 'Begin ENTRYPOINT with `tini --` or another init.',
  needs: ['S6'],
  async test(pod, signal) {
    const viaKernel = await orphanOfKernel(pod, signal);
    if (viaKernel !== undefined) {
      const evidence = [`an orphan of the kernel: ${viaKernel === 'Z' ? 'a zombie' : 'reaped'}`];
      return ok(viaKernel === 'Z' ? { result: 'fail', evidence, hint } : { result: 'pass', evidence });
    }
    const made = await orphanOfShell(pod, signal);
    if (!made.ok) return made;
    const zombies = made.value ? await zombiesOf(pod, signal) : ok(undefined);
    if (!zombies.ok) return zombies;
    if (zombies.value === undefined) {
      return ok({
        result: 'not-applicable',
        evidence: ['neither a Python kernel nor a shell could leave an orphan'],
      });
    }
    const evidence = [`zombies: ${zombies.value.slice(0, shown).join(', ') || 'none'}`];
    return ok(zombies.value.length > 0 ? { result: 'fail', evidence, hint } : { result: 'pass', evidence });
  },
};

/** The state of an orphan after its end, as /proc tells it (`Z`), or `gone`; undefined where no Python could make one. */
async function orphanOfKernel(pod: Pod, signal: AbortSignal): Promise<'Z' | 'gone' | undefined> {
  // One that told nothing about itself will not do this either.
  if ((await insideReport(pod, kernelMs, signal))?.report === undefined) return undefined;
  const kernel = await pod.kernel(signal);
  if (!kernel.ok) return undefined;
  const { output } = await kernel.value.execute(orphanInPython, kernelMs);
  const state = /state (Z|gone)/.exec(output)?.[1];
  return state === 'Z' || state === 'gone' ? state : undefined;
}

/** Whether a shell inside could leave one behind. */
async function orphanOfShell(pod: Pod, signal: AbortSignal): Promise<Result<boolean, EngineError>> {
  if (!pod.image.hasShell) return ok(false);
  const run = await pod.engine.exec(pod.containerId, ['/bin/sh', '-c', '(sleep 0.3 &)'], {}, signal);
  if (!run.ok) return run.error.kind === 'unreachable' || run.error.kind === 'cancelled' ? run : ok(false);
  await pause(reapMs, signal);
  return ok(run.value.exitCode === 0);
}

/** Names of the zombies that PID 1 has left; undefined where they are processes of another machine. */
async function zombiesOf(
  pod: Pod,
  signal: AbortSignal,
): Promise<Result<readonly string[] | undefined, EngineError>> {
  const state = await pod.engine.inspectContainer(pod.containerId, signal);
  if (!state.ok) return state;
  const found = await hostProcessesAndZombies(state.value);
  // Another's child waits for its own parent (a kernel that was killed, for the server), and is no orphan.
  const first = state.value.pid;
  return ok(
    found?.filter(({ state: letter, parent }) => letter === 'Z' && parent === first).map(({ name }) => name),
  );
}
