/**
 * What a Python kernel says of its surroundings: who it is, where, what it may write, how the server is configured.
 * Only standard modules are used; the kernel inherits the server's own environment. Judges nothing.
 */
import { field, jsonOf, textField } from '../hub/jupyter-api.ts';
import { killsIn } from './inside.ts';
import type { Execution, KernelSession } from './kernel-session.ts';
import type { Pod } from './pod.ts';

export interface InsideReport {
  readonly python: string;
  readonly executable: string;
  readonly uid: number;
  readonly groups: readonly number[];
  /** The folder that the server opens, where no other is configured. */
  readonly cwd: string;
  /** Why it could not be listed; empty where it could. */
  readonly cwdTrouble: string;
  readonly home: string;
  /** Why the home could not be written; empty where it could. */
  readonly homeTrouble: string;
  /** Why nothing can be written into /tmp; empty where it could. */
  readonly tmpTrouble: string;
  /** Where Jupyter looks for configuration; undefined where this Python does not know. */
  readonly configPaths: readonly string[] | undefined;
  /** Those among them, and of the files and folders in them that a server reads, that are there and shut to it. */
  readonly shutConfigPaths: readonly string[];
  /** Bytes in use by the container. */
  readonly memory: number | undefined;
  /** How often the kernel's memory killer has struck in it. */
  readonly memoryKills: number;
}

export interface InsideAnswer {
  readonly execution: Execution;
  readonly report: InsideReport | undefined;
}

const answers = new WeakMap<KernelSession, Promise<InsideAnswer>>();

/** Of servers whose kernel starts and does not answer: who asked first waited longest, and another does as the first. */
const silences = new WeakMap<object, InsideAnswer>();

/** Asks a Python kernel, once; undefined where the image has none. */
export async function insideReport(
  pod: Pick<Pod, 'kernel'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<InsideAnswer | undefined> {
  const silence = silences.get(pod);
  if (silence !== undefined) return silence;
  const kernel = await pod.kernel(signal);
  if (!kernel.ok || kernel.value.language !== 'python') return undefined;
  const known = answers.get(kernel.value) ?? ask(kernel.value, timeoutMs);
  answers.set(kernel.value, known);
  const answer = await known;
  if (answer.execution.status === 'silent') silences.set(pod, answer);
  return answer;
}

async function ask(kernel: KernelSession, timeoutMs: number): Promise<InsideAnswer> {
  const execution = await kernel.execute(program, timeoutMs);
  const line = execution.output.split('\n').find((each) => each.startsWith(marker));
  return { execution, report: line === undefined ? undefined : parse(line.slice(marker.length)) };
}

const marker = 'hubwright:';

const program = `
def _hubwright():
    import json, os, sys
    def read(path):
        try:
            with open(path) as file: return file.read()
        except Exception: return ''
    report = {'python': sys.version.split()[0], 'executable': sys.executable or '', 'cwd': os.getcwd(),
              'uid': os.getuid(), 'groups': sorted({os.getgid(), *os.getgroups()}),
              'home': os.path.expanduser('~'), 'homeTrouble': '', 'tmpTrouble': '',
              'memory': read('/sys/fs/cgroup/memory.current') or read('/sys/fs/cgroup/memory/memory.usage_in_bytes'),
              'events': read('/sys/fs/cgroup/memory.events') or read('/sys/fs/cgroup/memory/memory.oom_control')}
    try: os.listdir(report['cwd'])
    except Exception as error: report['cwdTrouble'] = str(error)
    for folder, trouble in (report['home'], 'homeTrouble'), ('/tmp', 'tmpTrouble'):
        path = os.path.join(folder, '.hubwright')
        try:
            with open(path, 'w') as file: file.write('x')
            os.remove(path)
        except Exception as error: report[trouble] = str(error)
    try:
        from jupyter_core.paths import jupyter_config_path
        report['configPaths'] = jupyter_config_path()
        names = ['jupyter_' + name + ending for name in ('config', 'server_config') for ending in ('.py', '.json', '.d')]
        shut = report['shutConfigPaths'] = []
        for path in report['configPaths']:
            folders = [each for each in [path] + [os.path.join(path, name) for name in names] if os.path.isdir(each)]
            shut += [each for each in folders if not os.access(each, os.R_OK | os.X_OK)]
            files = [os.path.join(path, name) for name in names[:2] + names[3:5]]
            files += [os.path.join(each, name) for each in folders if each.endswith('.d') and each not in shut for name in os.listdir(each)]
            shut += [each for each in files if os.path.isfile(each) and not os.access(each, os.R_OK)]
    except Exception: pass
    print('\\n${marker}' + json.dumps(report))
_hubwright()
del _hubwright
`;

function parse(text: string): InsideReport | undefined {
  const said = jsonOf({ body: text });
  const uid = field(said, 'uid');
  const groups = field(said, 'groups');
  if (typeof uid !== 'number' || !Array.isArray(groups)) return undefined;
  const configPaths = field(said, 'configPaths');
  const shutConfigPaths = field(said, 'shutConfigPaths');
  const memory = Number.parseInt(textField(said, 'memory') ?? '', 10);
  return {
    uid,
    groups: groups.map(Number),
    python: textField(said, 'python') ?? '',
    executable: textField(said, 'executable') ?? '',
    cwd: textField(said, 'cwd') ?? '',
    cwdTrouble: textField(said, 'cwdTrouble') ?? '',
    home: textField(said, 'home') ?? '',
    homeTrouble: textField(said, 'homeTrouble') ?? '',
    tmpTrouble: textField(said, 'tmpTrouble') ?? '',
    configPaths: Array.isArray(configPaths) ? configPaths.map(String) : undefined,
    shutConfigPaths: Array.isArray(shutConfigPaths) ? shutConfigPaths.map(String) : [],
    memory: Number.isNaN(memory) ? undefined : memory,
    memoryKills: killsIn(textField(said, 'events') ?? ''),
  };
}
