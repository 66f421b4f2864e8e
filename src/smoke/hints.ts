/** From a container's last words to the likely cause in plain ones. Guesses, in the order of their worth. */

interface Ending {
  readonly exitCode: number | undefined;
  readonly outOfMemory: boolean;
  /** The log's end, or what the engine said. */
  readonly words: string;
}

const causes: readonly { readonly sign: RegExp; readonly hint: string }[] = [
  {
    sign: /exec format error/i,
    hint: "the program is made for another processor, or the entry point's script lacks its `#!` line",
  },
  {
    sign: /jupyterhub-singleuser['"]?:? .*(not found|no such file)|exec jupyterhub-singleuser failed/i,
    hint: "`jupyterhub-singleuser` is not on PATH: install the `jupyterhub` package, and put its environment's `bin` into PATH with ENV (a shell's profile is not read)",
  },
  {
    sign: /failed to connect to my hub/i,
    hint: 'the server could not reach the hub: JUPYTERHUB_API_URL or a proxy variable is set inside the image, or a firewall on this machine keeps containers from the gateway of their own network (port 8081)',
  },
  {
    sign: /running as root is not recommended|use --allow-root|operation not permitted|must be (run as )?root/i,
    hint: 'something in the entry point runs as root or demands it; the hub starts the container as uid 1000',
  },
  {
    sign: /no new privileges|sudo: effective uid is not 0/i,
    hint: 'the start needs `sudo`, which z2jh forbids (allowPrivilegeEscalation: false); do at build time what needs root',
  },
  {
    sign: /permission denied/i,
    hint: 'user 1000 may not read, write or execute something that the start needs; the home arrives empty, owned root:100 with mode 2775, and everything else belongs to the image',
  },
  {
    sign: /hubwright: it filled the disk/,
    hint: 'it wrote gigabytes before it answered, which would fill the disk of the node that it runs on; look for what its entry point unpacks, copies or logs to a file',
  },
  {
    sign: /no space left on device/i,
    hint: 'a file system is full',
  },
  {
    sign: /no such file or directory.*\/home\/|\/home\/\S+.*no such file or directory/i,
    hint: 'the start needs a file in the home, and the hub mounts an empty volume there; put it elsewhere in the image',
  },
  {
    sign: /ModuleNotFoundError|ImportError/,
    hint: 'a Python package is missing or broken',
  },
  {
    sign: /executable file not found|no such file or directory/i,
    hint: 'a program that the ENTRYPOINT or the command names is not in the image, or not on PATH',
  },
];

/** One sentence on why a container ended, or could not be started. */
export function hintForEnding({ exitCode, outOfMemory, words }: Ending): string {
  if (outOfMemory) {
    return 'it needed more memory than the hub will grant; raise `resources.memory`, or make the start leaner';
  }
  const cause = causes.find(({ sign }) => sign.test(words));
  if (cause !== undefined) return cause.hint;
  if (exitCode === 127) return 'the command was not found: `jupyterhub-singleuser` is not on PATH';
  if (exitCode === 126) return 'the command was found and cannot be executed';
  if (exitCode === 0) {
    return 'the entry point came to its end instead of staying with the server; let it end in `exec "$@"`';
  }
  return "the log's end tells why";
}
