/**
 * A moving index of operating-system and Python packages that builds can reach, for images of busybox: what it serves
 * are scripts that install as apt and pip do, down to the log lines, lists and byte code that are never the same twice;
 * and a uv that compiles locks and installs them.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { compileLock, uvScript } from './lock-compiler.ts';

export interface PackageIndex extends AsyncDisposable {
  /** Dockerfile instructions that install everything that the index has at that time. */
  readonly apt: string;
  readonly pip: string;
  /** The same for the program uv; and for what a requirements.lock of the context says, with it. */
  readonly uv: string;
  readonly locked: string;
  /** Versions by package. */
  readonly debian: Map<string, string>;
  readonly python: Map<string, string>;
  /** Names by name: what a Python package brings along, where a lock is compiled. */
  readonly requires: Map<string, readonly string[]>;
  /** Answers with what breaks off in the middle of an installation. */
  broken: boolean;
  /** Is waited for before an installation goes on: what happens in the middle of a build. */
  meanwhile: (() => Promise<unknown>) | undefined;
  /** How often anything was installed from it. */
  readonly installs: { apt: number; pip: number };
}

export async function startPackageIndex(): Promise<PackageIndex> {
  const debian = new Map<string, string>();
  const python = new Map<string, string>();
  const requires = new Map<string, readonly string[]>();
  const installs = { apt: 0, pip: 0 };
  const server = createServer((request, response) => {
    if (request.url === '/uv') return void response.end(uvScript(`http://${hostAddress()}:${port}`));
    if (request.url === '/compile')
      return void text(request).then((asked) => response.end(compileLock(asked, index)));
    const kind = request.url === '/apt' ? 'apt' : 'pip';
    installs[kind] += 1;
    const script = kind === 'apt' ? aptScript(debian, installs.apt) : pipScript(python);
    const answer = index.broken ? 'echo "Hash Sum mismatch" >&2; exit 100\n' : script;
    void Promise.resolve(index.meanwhile?.()).finally(() => response.end(answer));
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's
  const instruction = (what: string): string =>
    `RUN wget -q -O /tmp/${what} http://${hostAddress()}:${port}/${what} && sh -e /tmp/${what}`;
  const index: PackageIndex = {
    apt: instruction('apt'),
    pip: instruction('pip'),
    uv: `RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN echo 'root:x:0:0::/:/bin/sh' > /etc/passwd && echo 'root:x:0:' > /etc/group
RUN wget -q -O /bin/uv http://${hostAddress()}:${port}/uv && chmod 755 /bin/uv`,
    locked:
      'RUN --mount=type=bind,source=requirements.lock,target=/tmp/requirements.lock uv pip install -r /tmp/requirements.lock',
    debian,
    python,
    requires,
    broken: false,
    meanwhile: undefined,
    installs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return index;
}

/** An address of this machine that containers reach: the engine's bridge, else any that is not its own. */
function hostAddress(): string {
  const { docker0 = [], ...others } = networkInterfaces();
  const address = [...docker0, ...Object.values(others).flat()].find(
    (each) => each !== undefined && each.family === 'IPv4' && !each.internal,
  );
  if (address === undefined) throw new Error('this machine has no address that a container could reach');
  return address.address;
}

/** What is another in every build, though nothing was changed. */
const noise = 'cat /proc/sys/kernel/random/uuid';

function aptScript(packages: ReadonlyMap<string, string>, call: number): string {
  const stanzas = [...packages].map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  );
  const files = [...packages].map(
    ([name, version]) =>
      `mkdir -p /usr/share/${name}\necho "${name} ${version}" > /usr/share/${name}/version`,
  );
  return `mkdir -p /var/lib/dpkg /var/lib/apt/lists /var/log /var/cache/apt /etc
echo "Date: release ${call}" > /var/lib/apt/lists/Release
${noise} > /var/log/dpkg.log
${noise} > /var/cache/apt/pkgcache.bin
${noise} > /etc/ld.so.cache
echo 'jovyan:!:${20_000 + call}:0:99999:7:::' > /etc/shadow
cat > /var/lib/dpkg/status <<'STATUS'
${stanzas.join('\n')}STATUS
${files.join('\n')}
`;
}

function pipScript(packages: ReadonlyMap<string, string>): string {
  const installed = [...packages].map(([name, version]) => {
    const info = `/usr/lib/python3/${name}-${version}.dist-info`;
    return `mkdir -p ${info} /usr/lib/python3/${name}/__pycache__
printf 'Metadata-Version: 2.4\\nName: ${name}\\nVersion: ${version}\\n\\nText\\n' > ${info}/METADATA
printf '${name}/x.py,,\\n${name}/__pycache__/x.cpython-313.pyc,,\\n' > ${info}/RECORD
echo "version = '${version}'" > /usr/lib/python3/${name}/x.py
${noise} > /usr/lib/python3/${name}/__pycache__/x.cpython-313.pyc`;
  });
  return `mkdir -p /usr/lib/python3\n${installed.join('\n')}\n`;
}
