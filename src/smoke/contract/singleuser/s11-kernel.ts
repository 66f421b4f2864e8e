/** Clause S11: a kernel runs code, and only for those who may. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt, handshakeLine, seconds } from '../../evidence.ts';
import { plainCode, ranPlainCode } from '../../kernel-session.ts';
import type { Execution, KernelSession, KernelTrouble } from '../../kernel-session.ts';
import { insideReport } from '../../inside-report.ts';
import type { Pod } from '../../pod.ts';
import { openWebSocket } from '../../websocket.ts';
import type { Clause, Finding } from '../clause.ts';
import { absentPrograms } from './other-kernels.ts';
import { loggedInBrowser } from './s10-browser-login.ts';
import { toldSinceStart } from './told-since-start.ts';
import { upgradeAdvice } from './upgrade-advice.ts';

/** A first import of numpy and pandas from a cold disk is part of some kernels' start. */
const firstAnswerMs = 60_000;
const interruptMs = 15_000;

const lastsLong = 'import time\nprint("running", flush=True)\ntime.sleep(60)';

export const runsKernel: Clause<Pod> = {
  id: 'S11',
  title:
    'a kernel starts, runs code over the websocket and can be interrupted; without a login the websocket stays shut',
  why: 'A page that opens and a kernel that never connects is what students meet first when a package breaks.',
  met: ['jupyterhub/jupyterhub#2281', 'jupyterhub/jupyterhub#4933'],
  severity: 'must',
  tier: 'gate',
  tested:
    "`POST /api/kernels` with the default kernel; code over its websocket, which must end well and whose output must arrive (where a number alone is no code, as in a shell, an error is an answer too); the same websocket without a login, which must be refused, and with a browser's, which must not; kernels of open pages may not be ended within a minute of idleness; for Python also who and where it is, and an interrupt; and the programs of the other kernels that are offered must be there.",
  remedy:
    "Install the kernel's package (`ipykernel`) for the interpreter that its kernelspec names, and let the kernelspec name one that is in the image.",
  needs: ['S6'],
  async test(pod, signal) {
    const kernel = await pod.kernel(signal);
    if (!kernel.ok) return withoutPackage(pod, withoutKernel(kernel.error), signal);
    const { spec, interpreter, language } = kernel.value;
    const about = `kernel \`${excerpt(spec, 60)}\` (${excerpt(interpreter, 120)})`;
    const answered = await firstAnswer(pod, kernel.value, signal);
    const lines = [about, ...answered.evidence];
    if (answered.hint !== undefined) {
      return withoutPackage(pod, { result: 'fail', evidence: lines, hint: answered.hint }, signal);
    }
    const stranger = await openWebSocket(
      { host: pod.address, port: pod.port, path: kernel.value.channelsPath },
      signal,
    );
    const open = stranger.ok && stranger.value.kind === 'open';
    if (stranger.ok && stranger.value.kind === 'open') stranger.value.link[Symbol.dispose]();
    const evidence = [...lines, `websocket without a login: ${handshakeLine(stranger)}`];
    if (open) {
      const hint =
        "anybody can run code in the student's kernel: the image's configuration switches authentication off (`allow_unauthenticated_access`, `identity_provider_class`, an empty token)";
      return ok({ result: 'fail', evidence, hint });
    }
    const page = await fromPage(pod, kernel.value, signal);
    if (page !== undefined) evidence.push(`websocket from the page, after a login: ${handshakeLine(page)}`);
    if (page?.ok === true && page.value.kind === 'refused') {
      const hint =
        "the page may not open the kernel's websocket, though a token may: `allow_origin`, cookies or XSRF are configured so that browsers are refused";
      return ok({ result: 'fail', evidence, hint });
    }
    const told = await toldSinceStart(pod, signal);
    if (!told.ok) return told;
    const cullMs = cullsOpenKernels(told.value);
    if (cullMs !== undefined && cullMs < shortestIdleMs) {
      const line = `the log: kernels are ended after ${cullMs / 1000} s without work, also beneath an open page`;
      return ok({ result: 'fail', evidence: [...evidence, line], hint: cullHint });
    }
    if (language !== 'python') return ok({ result: 'pass', evidence });
    const stopped = await kernel.value.interrupt(lastsLong, interruptMs, signal);
    const all = [...evidence, `interrupted: ${executionLine(stopped)}`];
    if (stopped.status === 'error' && stopped.error?.startsWith('KeyboardInterrupt') === true) {
      const absent = await absentPrograms(kernel.value, interruptMs);
      if (absent.length === 0) return ok({ result: 'pass', evidence: all });
      const offered = absent.map(
        ([name, program]) =>
          `kernel \`${excerpt(name, 60)}\` is offered, and ${excerpt(program, 120)} is not there`,
      );
      return ok({ result: 'fail', evidence: [...all, ...offered], hint: absentHint });
    }
    const hint =
      "the kernel does not heed an interrupt: the notebook's stop button does nothing. Its kernelspec starts it through a script that does not end in `exec`, or signals are blocked";
    return ok({ result: 'fail', evidence: all, hint });
  },
};

/** Who reads what a cell has printed is idle for so long; a page that is left for the night is another matter. */
const shortestIdleMs = 60_000;

/** After how long the server ends a kernel that has a page open on it; undefined where it never does. As jupyter_server logs it. */
function cullsOpenKernels(log: string): number | undefined {
  const idle = /Culling kernels with idle durations > (\d+) seconds/.exec(log)?.[1];
  return idle !== undefined && log.includes('Culling kernels even with connected clients')
    ? Number(idle) * 1000
    : undefined;
}

const cullHint =
  "whoever reads for a moment loses all variables: `cull_idle_timeout` in the image's Jupyter configuration ends kernels within seconds, and `cull_connected` those of open notebooks too. Take both out, or cull after an hour and without `cull_connected`";

const absentHint =
  'a kernel is offered that cannot start: its kernelspec names a program that is not in the image, or that uid 1000 may not run. Remove the kernelspec (`jupyter kernelspec remove`), or install what it names';

const outputHint =
  "the kernel runs code and its output does not reach the page: limits on it in the image's Jupyter configuration (`iopub_data_rate_limit`, `iopub_msg_rate_limit`), or start-up code that takes stdout for itself";

type Failure = Extract<Finding, { result: 'fail' }>;

/** What Python says where the interpreter that a kernelspec names lacks the kernel's own package. */
const packageMissing = /^(\S+): No module named '?(ipykernel\w*)/m;

/** Tells the failure by what the log says of the kernel's package, if it does. */
async function withoutPackage(
  pod: Pod,
  failure: Failure,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const told = await toldSinceStart(pod, signal);
  if (!told.ok) return told;
  const [line, interpreter = ''] = packageMissing.exec(told.value) ?? [];
  if (line === undefined) return ok(failure);
  const hint = `\`ipykernel\` is not installed for ${excerpt(interpreter, 100)}, which is the interpreter that the kernelspec starts: install it there (\`${excerpt(interpreter, 100)} -m pip install ipykernel\`), or let the kernelspec name the interpreter that has it`;
  return ok({ ...failure, evidence: [...failure.evidence, `the log: ${excerpt(line, 160)}`], hint });
}

interface FirstAnswer {
  readonly evidence: readonly string[];
  readonly hint?: string;
}

async function firstAnswer(pod: Pod, kernel: KernelSession, signal: AbortSignal): Promise<FirstAnswer> {
  const isPython = kernel.language === 'python';
  const inside = isPython ? await insideReport(pod, firstAnswerMs, signal) : undefined;
  const execution = inside?.execution ?? (await kernel.execute(plainCode, firstAnswerMs));
  const evidence = [`code: ${executionLine(execution)}`];
  if (!ranPlainCode(execution, kernel.language)) return { evidence, hint: whyNot(execution) };
  const report = inside?.report;
  if (isPython && execution.status === 'ok' && report === undefined) {
    evidence.push(`what it was to print did not arrive: ${excerpt(execution.output, 160) || 'nothing came'}`);
    return { evidence, hint: outputHint };
  }
  if (report !== undefined) {
    evidence.push(
      `uid ${report.uid}, folder ${excerpt(report.cwd, 100)}, Python ${excerpt(report.python, 40)} at ${excerpt(report.executable, 100)}`,
    );
  }
  if (report === undefined || report.cwdTrouble === '') return { evidence };
  evidence.push(`listing its folder: ${excerpt(report.cwdTrouble, 160)}`);
  const hint =
    'the server works in a folder that uid 1000 may not read, so that the file browser shows an error: set WORKDIR to the home';
  return { evidence, hint };
}

function whyNot({ status, error }: Execution): string {
  switch (status) {
    case 'lost':
      return "the kernel dies at its start (its package is broken, or does not fit the interpreter), or the server breaks off its websocket (a limit in its configuration, such as `max_buffer_size`); the log's end tells which";
    case 'silent':
      return 'the kernel starts and never answers: start-up code (ipython_config.py, sitecustomize) hangs, or a file lock in the home';
    default:
      return `the kernel answers plain code with an error (${excerpt(error ?? 'unknown', 120)}): its interpreter or its start-up code is broken`;
  }
}

function withoutKernel({ step, evidence, notUpgraded }: KernelTrouble): Failure {
  if (notUpgraded) {
    const hint = `the kernel starts, and its websocket does not open: ${upgradeAdvice}`;
    return { result: 'fail', evidence: [evidence], hint };
  }
  const hints = {
    specs:
      "the server offers no kernel: install `ipykernel`, put the kernelspec into the image's prefix instead of the home, and look for what hides it (`allowed_kernelspecs`, a provisioner that is not installed, a kernel gateway that does not answer)",
    start:
      "the kernel cannot be started: its kernelspec names a program that is not in the image, the runtime folder cannot be written, or the image's Jupyter configuration asks for what a pod does not have; the answer above and the log's end tell which",
    websocket:
      "the way to the kernel is shut: the kernel dies or hangs before it answers for the first time (a missing library, few open files, a `cull_idle_timeout` of seconds), or the server fails on the websocket; the log's end tells which",
  } as const;
  return { result: 'fail', evidence: [evidence], hint: hints[step] };
}

function executionLine({ status, error, durationMs, output }: Execution): string {
  const said = {
    ok: 'ran to its end',
    error: excerpt(error ?? '', 160),
    silent: 'no answer',
    lost: 'the connection broke off',
  }[status];
  const printed = status === 'ok' || output === '' ? '' : `, printed ${excerpt(output, 100)}`;
  return `${said} after ${seconds(durationMs)}${printed}`;
}

/** The handshake of a browser that is logged in; undefined where its login fails, which S10 tells. */
async function fromPage(
  pod: Pod,
  { channelsPath }: KernelSession,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof openWebSocket>> | undefined> {
  const browser = await loggedInBrowser(pod, signal);
  if (browser === undefined) return undefined;
  const target = { host: pod.address, port: pod.port, path: channelsPath };
  const headers = browser.websocketHeaders(channelsPath);
  const shaken = await openWebSocket({ ...target, headers }, signal);
  if (shaken.ok && shaken.value.kind === 'open') shaken.value.link[Symbol.dispose]();
  return shaken;
}
