/** From a container's last words to the likely cause in plain ones. Guesses, in the order of their worth. */

interface Ending {
  readonly exitCode: number | undefined;
  readonly outOfMemory: boolean;
  /** The log's end, or what the engine said. */
  readonly words: string;
  /** Its ENTRYPOINT was given nothing: neither by us nor by a CMD. */
  readonly withoutCommand?: boolean;
}

/** An entry point that becomes another user, as only root may. */
export const switchesUser = {
  sign: /\bsu: Authentication failure|\brunuser: may not be used|\b(su-exec|setpriv|gosu|chroot): .*(failed|not permitted)|failed switching to /i,
  hint: 'the entry point changes its user (`su`, `gosu`, `setpriv`), which only root may, and the hub starts the container as uid 1000 already: where `id -u` is not 0, let it `exec "$@"` as it is',
} as const;

const causes: readonly { readonly sign: RegExp; readonly hint: string }[] = [
  {
    sign: /neither an ENTRYPOINT nor a CMD/,
    hint: 'nothing says what is to be started: give the Dockerfile a CMD; what only other images are built on has `kind: builder`, and of an image without a program of its own a `check:` tells whether it is fit for use',
  },
  {
    sign: /exec format error/i,
    hint: "the program is made for another processor, or the entry point's script lacks its `#!` line",
  },
  {
    sign: /\r['’]?: (command not found|No such file)|\$'\\r'|illegal option -\s*$|invalid option( name)?: *-?\s*$/im,
    hint: "a script has Windows' line ends (CR LF), at which it breaks: save it with LF alone (`sed -i 's/\\r$//'`, or `* text=auto eol=lf` in .gitattributes)",
  },
  {
    sign: /jupyterhub-singleuser['"]?:? .*(not found|no such file)|exec jupyterhub-singleuser failed/i,
    hint: "`jupyterhub-singleuser` is not on PATH: install the `jupyterhub` package, and put its environment's `bin` into PATH with ENV (a shell's profile is not read)",
  },
  {
    sign: /PYTHONHASHSEED must be/,
    hint: 'Python refuses PYTHONHASHSEED as the image sets it: take the variable out, or give it a number (`random` is what it is without)',
  },
  {
    sign: /^Fatal Python error: .*(encodings|init_fs_encoding|path config)|No module named 'encodings'/im,
    hint: 'Python does not find its own library: PYTHONHOME in the image, or what the entry point exports, leads elsewhere; take it out',
  },
  {
    sign: /\b(input device|stdin|standard input) is not a (tty|terminal)|\bstty: .*inappropriate ioctl|cannot open \/dev\/tty|\/dev\/tty: No such/i,
    hint: 'the entry point wants a terminal, or somebody who answers; a pod has neither: let it go on without (`[ -t 0 ]` tells), and take `read`, `stty` and the like out',
  },
  {
    sign: /JUPYTERHUB_SINGLEUSER_APP/,
    hint: 'JUPYTERHUB_SINGLEUSER_APP names a server that is not installed, or that a newer version no longer has (Notebook 7 lost the classic one); take the variable out of the image',
  },
  {
    sign: /JUPYTERHUB_(API_TOKEN|SERVICE_URL|SERVICE_PREFIX)\b.*(required|missing|not set|unset|KeyError)|KeyError: 'JUPYTERHUB_/i,
    hint: "the server did not get the hub's environment: the entry point clears it (`sudo` without -E, `su -`, `env -i`, a service manager)",
  },
  {
    sign: /invalid literal for int\(\).*tcp:\/\/|JUPYTER_PORT.*tcp:\/\//i,
    hint: 'Kubernetes sets JUPYTER_PORT=tcp://… beside a service called `jupyter`, and the image takes it for a port: unset it in the entry point, or call the service otherwise',
  },
  {
    sign: /failed to connect to my hub/i,
    hint: 'the server could not reach the hub: JUPYTERHUB_API_URL or a proxy variable is set inside the image, or a firewall on this machine keeps containers from the gateway of their own network (port 8081)',
  },
  {
    sign: /(certfile|keyfile).*does not exist/i,
    hint: 'the server is told to speak TLS with a certificate that is not there: take JUPYTERHUB_SSL_… and `certfile` out of the image; the hub and its proxy speak plain HTTP to it',
  },
  {
    sign: /unbound variable|parameter (null or )?not set/i,
    hint: 'the entry point asks for a variable that the hub does not set: give it a default in the script (`${NAME:-}`), or set it in the image with ENV',
  },
  {
    sign: /could not resolve (host|proxy)|name or service not known|temporary failure in name resolution|network is unreachable/i,
    hint: 'the start fetches something from another host, and ends where that is not to be had: do it at build time, or go on without (`… || true`); pods often may not reach the internet, and here none does',
  },
  switchesUser,
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
    sign: /bus error|unable to (open|allocate|mmap) shared memory|dataloader worker .* killed by signal/i,
    hint: 'shared memory ran out: a container has 64 MiB at /dev/shm unless the hub mounts more there; use fewer worker processes, or mount it',
  },
  {
    sign: /Failed to connect to db:/,
    hint: 'the hub cannot open its database, whose address (`db_url`) the log tells: uid 1000 has to be able to write the folder of an SQLite file (the chart mounts a volume at /srv/jupyterhub), and a database server has to be reached',
  },
  {
    sign: /invalid cookie_secret_file/,
    hint: 'the hub takes no cookie secret that others may read, or that is none; a secret in an image is everybody’s: leave `cookie_secret_file` to the hub, which makes one in its volume at /srv/jupyterhub',
  },
  {
    sign: /Failed to (find|start) proxy/,
    hint: 'the hub is to start a proxy of its own, and its image has none: set `ConfigurableHTTPProxy.should_start = False` in the configuration; the proxy is a pod, or a container, of its own',
  },
  {
    sign: /jupyterhub\/proxy\.py[\s\S]*HTTP 403: Forbidden/,
    hint: "the proxy refuses the hub's token: take `auth_token` out of the image's configuration, so that CONFIGPROXY_AUTH_TOKEN counts, which the chart gives to both",
  },
  {
    sign: /Cannot register NFS V3\b/,
    hint: 'NFS version 3 needs a port mapper (rpcbind), which no container brings: serve version 4 alone (ganesha: `Protocols = 4`)',
  },
  {
    sign: /Character set '.*' is not a compiled|unknown (variable|option) '|\[ERROR\].*unknown variable/i,
    hint: "the database's configuration holds a setting or a value that this server does not know; the log names it",
  },
  {
    sign: /\[ERROR\] .*(Can't (create\/write to|open|read|find|create) (the )?(file|dir)|Can't open and lock)/i,
    hint: 'the database may not use, or does not find, a file or a folder that its configuration names, which the log tells: look in /etc/mysql (`init-file`, `log-error`, `tmpdir`, `datadir`), and whose it is',
  },
  {
    sign: /database is locked|sqlite3\.OperationalError/i,
    hint: 'SQLite cannot lock its file, as on a home that is mounted by NFS; keep the history and the signatures elsewhere (`HistoryManager.hist_file`, `NotebookNotary.db_file`)',
  },
  {
    sign: /CUDA driver version is insufficient|no kernel image is available|libcuda\.so\.1: cannot open/i,
    hint: "the image's CUDA is too new, or made for other GPUs, than the driver of the node knows; a wheel for an older CUDA helps",
  },
  {
    sign: /address already in use/i,
    hint: 'another program in the container holds the port: look for a second server that the entry point starts',
  },
  {
    sign: /read-only file system/i,
    hint: 'the start writes to a place that is mounted read-only; nothing but the home and /tmp can be counted on',
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
    sign: /version `?GLIBC(XX)?_[\d.]+'? not found/,
    hint: 'a program was built on a newer system than the image stands on; build it on the same root, or take a newer one',
  },
  {
    sign: /unrecognized arguments|unrecognized option|no such option/i,
    hint: 'the command line holds a flag that the installed version does not know; look at CMD and the entry point',
  },
  {
    sign: /CERTIFICATE_VERIFY_FAILED|certificate verify failed/i,
    hint: "a certificate is not trusted: the site's own authority is missing in the image",
  },
  {
    sign: /invalid ELF header|file too short|undefined symbol|error while loading shared libraries|cannot open shared object file/i,
    hint: 'a shared library is missing, broken or of another version than the program wants: look at LD_LIBRARY_PATH, and install the package that holds it',
  },
  {
    sign: /^\s*(\w+\.)*(Deprecation|Future|Resource|Runtime|User|Syntax|Import)\w*Warning: /m,
    hint: 'a mere warning ends the start: PYTHONWARNINGS (or `-W`) makes errors of them; take it out of the image',
  },
  {
    sign: /Bad config encountered|TraitError/,
    hint: "the image's configuration asks for something that is not there (a class, a package, a folder), which the log names: look in /etc/jupyter and {prefix}/etc/jupyter (of a hub in jupyterhub_config.py, and in what it loads), and at variables such as JUPYTERHUB_ROOT_DIR",
  },
  {
    sign: /SyntaxError|IndentationError/,
    hint: 'a configuration file or a module has an error in its syntax; the log names file and line',
  },
  {
    sign: /consider renaming '|cannot import name '[^']+' from '(\w+)' \((?!.*\/(site|dist)-packages\/)(?!.*\/lib\d*\/python[\d.]+\/\w+\.py)[^)]*\/\1\.py\)/,
    hint: 'another file stands in the place of one of the modules that are loaded, such as a `random.py` of a course: its path is in the log. Rename it, or take its folder out of PYTHONPATH',
  },
  {
    sign: /ModuleNotFoundError|ImportError/,
    hint: 'a Python package is missing or broken, or two of them do not fit together; install them in one step, from a lock, and look at PYTHONPATH and LD_LIBRARY_PATH',
  },
  {
    sign: /Cannot find module|ERR_MODULE_NOT_FOUND/,
    hint: 'a package of Node’s is missing in the image, or NODE_OPTIONS requires a file that is not there',
  },
  {
    sign: /executable file not found|no such file or directory/i,
    hint: "a program that the ENTRYPOINT or the command names is not in the image, not on PATH, or in a folder that the container's user may not enter",
  },
];

/** One sentence on why a container ended, or could not be started. */
export function hintForEnding({ exitCode, outOfMemory, words, withoutCommand = false }: Ending): string {
  if (outOfMemory) {
    return 'it needed more memory than the hub will grant; raise `resources.memory`, or make the start leaner';
  }
  const cause = causes.find(({ sign }) => sign.test(words));
  if (cause !== undefined) return cause.hint;
  if (exitCode === 124) return '`timeout` in the entry point ended it; take it out: a server runs for days';
  if (exitCode === 127) return 'the command was not found: `jupyterhub-singleuser` is not on PATH';
  if (exitCode === 135)
    return 'it touched memory that is not there (SIGBUS), most often because /dev/shm (64 MiB) is full';
  if (exitCode === 137)
    return 'it was killed (SIGKILL) by something in the container, or by the machine for want of memory';
  if (exitCode === 139) return 'a program crashed (SIGSEGV): native libraries in it do not fit together';
  if (exitCode === 143)
    return 'something in the container told it to end (SIGTERM); look for what the entry point starts beside it';
  if (exitCode === 126) return 'the command was found and cannot be executed';
  if (exitCode === 0 && withoutCommand) {
    return 'the entry point came to its end: the image has no CMD that it could execute. An ENTRYPOINT in a Dockerfile drops the CMD of the image below; write it anew';
  }
  if (exitCode === 0) {
    return 'the entry point came to its end instead of staying with the server; let it end in `exec "$@"`';
  }
  return "the log's end tells why";
}
