import { describe, expect, it } from 'vitest';
import { hintForEnding } from '../../../src/smoke/hints.ts';

function hint(words: string, exitCode: number | undefined = 1, outOfMemory = false): string {
  return hintForEnding({ exitCode, outOfMemory, words });
}

describe('the likely cause of an ending', () => {
  it.each([
    ['[FATAL tini (7)] exec jupyterhub-singleuser failed: No such file or directory', 'not on PATH'],
    ['exec: "/start.sh": permission denied: unknown', 'user 1000'],
    ['exec /entry.sh: exec format error', 'another processor'],
    ['sudo: The "no new privileges" flag is set', 'sudo'],
    ['chown: changing ownership of /srv: Operation not permitted', 'uid 1000'],
    ['Failed to connect to my Hub at http://hub:8081/hub/api (attempt 5/5). Is it running?', 'firewall'],
    ["ModuleNotFoundError: No module named 'jupyterhub'", 'Python package'],
    ["Failed to import JUPYTERHUB_SINGLEUSER_APP='notebook.notebookapp.NotebookApp'", 'classic'],
    ['JUPYTERHUB_API_TOKEN env is required to run jupyterhub-singleuser', 'clears it'],
    ["ValueError: invalid literal for int() with base 10: 'tcp://10.3.2.1:80'", 'JUPYTER_PORT'],
    ['Bus error (core dumped)', '/dev/shm'],
    ['sqlite3.OperationalError: database is locked', 'NFS'],
    ['RuntimeError: CUDA error: no kernel image is available for execution on the device', 'CUDA'],
    ['OSError: [Errno 98] Address already in use', 'another program'],
    ["OSError: [Errno 30] Read-only file system: '/opt/x'", 'read-only'],
    ["python: /lib/libc.so.6: version `GLIBC_2.38' not found (required by python)", 'newer system'],
    ['jupyter lab: error: unrecognized arguments: --allow-rot', 'flag'],
    ['ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]', 'authority'],
    ['OSError: [Errno 28] No space left on device', 'full'],
    ['/entry.sh: line 3: COURSE_ID: unbound variable', 'default'],
    ['/entry.sh: 3: COURSE_ID: parameter not set', 'default'],
    ["fatal: unable to access 'https://x/': Could not resolve host: x", 'build time'],
    ['ValueError: certfile "/certs/user.crt" does not exist', 'plain HTTP'],
    ['ImportError: /opt/lib/libsqlite3.so.0: invalid ELF header', 'LD_LIBRARY_PATH'],
    ['DeprecationWarning: There is no current event loop', 'PYTHONWARNINGS'],
    ["traitlets.traitlets.TraitError: No such directory: ''/mnt/scratch''", 'JUPYTERHUB_ROOT_DIR'],
    ['[C 2026-11-26 ServerApp] Bad config encountered during initialization: x', '/etc/jupyter'],
    ['SyntaxError: invalid syntax', 'file and line'],
    [
      'Fatal Python error: config_init_hash_seed: PYTHONHASHSEED must be "random" or an integer in range [0; 4294967295]',
      'PYTHONHASHSEED',
    ],
    [
      "Fatal Python error: Failed to import encodings module\nModuleNotFoundError: No module named 'encodings'",
      'PYTHONHOME',
    ],
    ['the input device is not a TTY', 'wants a terminal'],
    ['stty: standard input: Inappropriate ioctl for device', 'wants a terminal'],
    [
      "ImportError: cannot import name 'SystemRandom' from 'random' (/opt/course/random.py)",
      'Rename it, or take its folder out of PYTHONPATH',
    ],
    [
      "ImportError: cannot import name 'x' from 'jinja2' (/usr/lib/python3.13/jinja2.py)",
      'a Python package is missing',
    ],
    [
      "[ERROR] mariadbd: Can't create/write to file '/docker-entrypoint-initdb.d/gone.sql' (Errcode: 2 \"No such file or directory\")",
      'init-file',
    ],
    ['Refusing to run JupyterHub with invalid cookie_secret_file. /x error was: y', '/srv/jupyterhub'],
    [
      "[E JupyterHub] Failed to find proxy ['configurable-http-proxy']\nFileNotFoundError: [Errno 2]",
      'should_start',
    ],
    ['Failed to connect to db: sqlite:////opt/x.sqlite', 'db_url'],
    ['File "/x/jupyterhub/proxy.py", line 9\nHTTPClientError: HTTP 403: Forbidden', 'CONFIGPROXY_AUTH_TOKEN'],
    ['nfs-ganesha-7[main] __Register_program :DISP :MAJ :Cannot register NFS V3 on TCP', 'Protocols = 4'],
    ["/usr/sbin/mariadbd: Character set 'utf-8' is not a compiled character set", 'a setting or a value'],
    ["[ERROR] /usr/sbin/mariadbd: unknown variable 'bind-adress=*'", 'a setting or a value'],
    ['Password: su: Authentication failure', 'changes its user'],
    ['setpriv: setresuid failed: Operation not permitted', 'changes its user'],
    ['error: failed switching to "jovyan": operation not permitted', 'changes its user'],
    ['/usr/local/bin/entry: 2: set: Illegal option -', "Windows' line ends"],
    ["/entry.sh: line 2: $'\\r': command not found", "Windows' line ends"],
    ["env: 'bash\r': No such file or directory", "Windows' line ends"],
    ["Error: Cannot find module '/opt/telemetry/register.js'", 'NODE_OPTIONS'],
  ])('is read from %j', (words, expected) => {
    expect(hint(words)).toContain(expected);
  });

  it('is no warning that the log merely shows', () => {
    expect(hint('/usr/lib/python3/x.py:5: DeprecationWarning: old')).not.toContain('PYTHONWARNINGS');
  });

  it('is the memory, whatever the log says, where the engine saw it run out', () => {
    expect(hint('permission denied', 137, true)).toContain('memory');
  });

  it('is the missing CMD where an entry point had nothing to execute', () => {
    const ending = { exitCode: 0, outOfMemory: false, words: 'waiting' };
    expect(hintForEnding({ ...ending, withoutCommand: true })).toContain('drops the CMD');
    expect(hintForEnding(ending)).not.toContain('CMD');
  });

  it('is read from the exit code where the log tells nothing', () => {
    expect(hint('', 124)).toContain('timeout');
    expect(hint('', 127)).toContain('not on PATH');
    expect(hint('', 143)).toContain('SIGTERM');
    expect(hint('', 0)).toContain('exec "$@"');
    expect(hint('', 135)).toContain('/dev/shm');
    expect(hint('', 137)).toContain('killed');
    expect(hint('', 139)).toContain('crashed');
  });
});
