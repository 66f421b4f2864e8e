/** Real images under the real contract: the family's base passes, and images made wrong from it are told apart. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { SmokeRequest } from '../../src/smoke/request.ts';
import { smokeImage } from '../../src/smoke/smoke-image.ts';
import type { Verdict } from '../../src/smoke/verdict.ts';
import { realBase } from '../rig/family.ts';
import { FaultyImages } from '../rig/faulty-images.ts';
import { clause, failures, judge, leftovers, requestFor } from '../rig/judge.ts';

// Starts of real servers, several at a time, on whatever machine this is; and `base` may have to be built first.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });

const engine = connectDocker();
const faulty = new FaultyImages(engine, 'smoke');
const shortPatience = { readinessBudgetMs: 4000 };
let base = '';

beforeAll(async () => {
  base = await realBase();
});

afterAll(async () => {
  await faulty[Symbol.asyncDispose]();
  await engine.close();
});

/** Judges the base image with another entry point. */
async function judgeEntrypoint(
  name: string,
  entrypoint: readonly string[],
  more: Partial<SmokeRequest> = {},
): Promise<Verdict> {
  return judge(
    engine,
    await faulty.build(name, `FROM ${base}\nENTRYPOINT ${JSON.stringify(entrypoint)}\n`),
    more,
  );
}

/** A web server of a few lines of Python in the place of the notebook server. */
function python(program: string): readonly string[] {
  return ['python3', '-c', program];
}

describe('the family’s base image', () => {
  it('passes every clause, tells each as it falls, and leaves nothing behind', async () => {
    const heard: string[] = [];
    const judged = await smokeImage(
      engine,
      requestFor(base, { maxSize: 10e9, size: 5e8 }),
      ({ id, result }) => heard.push(`${id} ${result}`),
      new AbortController().signal,
    );
    expect(judged).toMatchObject({ ok: true, value: { passed: true, logTail: [] } });
    expect(heard.map((line) => line.replace(/^S20a .*/, 'S20a'))).toEqual([
      'Z1 pass',
      'S26 not-applicable',
      'S1 pass',
      'S4 pass',
      'S19 pass',
      'S16 pass',
      'S14 pass',
      'S14a pass',
      'S17 pass',
      'S22 pass',
      'S6 pass',
      'S5 pass',
      'S7 pass',
      'S9 pass',
      'S10 pass',
      'S10a pass',
      'S11 pass',
      'S13 pass',
      'S23 pass',
      'S24 pass',
      'S12 pass',
      'S21 pass',
      'S25 pass',
      'S27 pass',
      'S3 pass',
      'S20 pass',
      'S20a',
      'S2 pass',
    ]);
    expect(await leftovers(engine)).toBe(0);
  });

  it('passes twice at the same time', async () => {
    const verdicts = await Promise.all([judge(engine, base), judge(engine, base)]);
    expect(verdicts.map(({ passed }) => passed)).toEqual([true, true]);
  });

  it('fails by its size alone where the budget is smaller', async () => {
    const verdict = await judge(engine, base, { maxSize: 1e6, size: 5e8 });
    expect(verdict.passed).toBe(false);
    expect(failures(verdict)).toEqual(['Z1']);
  });
});

describe('an image that cannot be used', () => {
  it('is refused by S4 where its entry point adds --port=9999, with the port named', async () => {
    const verdict = await judgeEntrypoint('port', ['tini', '--', 'sh', '-c', 'exec "$@" --port=9999', '--']);
    expect(verdict.passed).toBe(false);
    expect(failures(verdict)).toEqual(['S4']);
    expect(clause(verdict, 'S4').hint).toContain('it listens on 9999 instead of 8888');
    expect(clause(verdict, 'S6').result).toBe('not-run');
    expect(verdict.logTail.length).toBeGreaterThan(0);
  });

  it('is refused by S4 where it listens on the loopback address alone', async () => {
    const program =
      'import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8888, bind="127.0.0.1")';
    const verdict = await judgeEntrypoint('loopback', python(program), shortPatience);
    expect(failures(verdict)).toContain('S4');
    expect(clause(verdict, 'S4').hint).toContain('127.0.0.1:8888 alone');
  });

  it('is refused by S1, S3, S5 and S6 where it runs a plain JupyterLab, which the hub itself would accept', async () => {
    const command = 'exec jupyter lab --ip=0.0.0.0 --port=8888 --no-browser';
    const verdict = await judgeEntrypoint('plain-lab', ['sh', '-c', command], { readinessBudgetMs: 20_000 });
    expect(failures(verdict)).toEqual(['S1', 'S6', 'S5', 'S3']);
    expect(clause(verdict, 'S6').hint).toContain('plain Jupyter server');
  });

  it('is refused by S1 and S3 where its entry point drops the arguments', async () => {
    const verdict = await judgeEntrypoint('drops', ['sh', '-c', 'sleep 600'], shortPatience);
    expect(failures(verdict)).toEqual(['S1', 'S4', 'S3']);
    expect(clause(verdict, 'S1').evidence.join('\n')).toContain('sleep 600');
    expect(clause(verdict, 'S1').hint).toContain('exec "$@"');
  });

  it('is refused by S1 where it ends at once, and its last words are kept', async () => {
    const verdict = await judgeEntrypoint('ends', ['sh', '-c', 'echo "out of cheese" >&2; exit 3']);
    expect(failures(verdict)).toEqual(['S1']);
    expect(clause(verdict, 'S1').evidence.join('\n')).toContain('exit code 3');
    expect(verdict.logTail.join('\n')).toContain('out of cheese');
  });

  it('is refused by S1 where the command is missing', async () => {
    const dockerfile = `FROM ${base}\nUSER root\nRUN --network=none rm "$(command -v jupyterhub-singleuser)"\nUSER 1000\n`;
    const verdict = await judge(engine, await faulty.build('missing', dockerfile));
    expect(failures(verdict)).toEqual(['S1']);
    expect(clause(verdict, 'S1').hint).toContain('not on PATH');
  });

  it('is refused by S1 where its entry point does not exist, and the engine is not blamed', async () => {
    const verdict = await judgeEntrypoint('no-entry', ['/no/such/entry']);
    expect(failures(verdict)).toEqual(['S1']);
    expect(clause(verdict, 'S1').hint).toContain('ENTRYPOINT');
  });

  it('is refused by S13 where its start needs root, with S1', async () => {
    const entrypoint = ['sh', '-c', 'chown 1000 /srv && exec "$@"', '--'];
    const verdict = await judgeEntrypoint('needs-root', entrypoint);
    expect(failures(verdict)).toEqual(['S1', 'S13']);
    expect(clause(verdict, 'S1').hint).toContain('see S13');
    expect(clause(verdict, 'S13').evidence.join()).toContain('as root: it lives');
  });

  it('is refused by S14 where its start needs a file in the home, with S1', async () => {
    const home = `FROM ${base}\nRUN --network=none echo 'export COURSE=1' > "$HOME/.course"\n`;
    const entrypoint = ['tini', '--', 'sh', '-ec', '. $HOME/.course; exec "$@"', '--'];
    const reference = await faulty.build('home', `${home}ENTRYPOINT ${JSON.stringify(entrypoint)}\n`);
    const verdict = await judge(engine, reference);
    expect(failures(verdict)).toEqual(['S1', 'S14']);
    expect(clause(verdict, 'S17').result).toBe('not-run');
  });

  it('is refused by S11 where the kernel’s interpreter is not there, and tells where it was looked for', async () => {
    const spec = JSON.stringify({
      argv: ['/opt/none/python', '-m', 'ipykernel_launcher'],
      language: 'python',
    });
    const kernel = '/usr/local/share/jupyter/kernels/python3/kernel.json';
    const dockerfile = `FROM ${base}\nUSER root\nRUN --network=none echo '${spec}' > ${kernel}\nUSER 1000\n`;
    const verdict = await judge(engine, await faulty.build('kernel', dockerfile));
    expect(failures(verdict)).toEqual(['S11']);
    expect(clause(verdict, 'S11').hint).toContain('kernelspec');
    expect(clause(verdict, 'S13').result).toBe('pass');
    expect(clause(verdict, 'S21').result).toBe('pass');
  });

  it('is refused by S6 where it listens and never answers', async () => {
    const program = 'import socket,time; s=socket.create_server(("",8888)); time.sleep(600)';
    const verdict = await judgeEntrypoint('mute', python(program), shortPatience);
    expect(failures(verdict)).toContain('S6');
    expect(clause(verdict, 'S6').hint).toContain('does not answer');
  });

  it('is refused by S6 where it answers without end', async () => {
    const program = `import http.server as h
class E(h.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        try:
            while True: self.wfile.write(b"x" * 65536)
        except OSError: pass
h.ThreadingHTTPServer(("", 8888), E).serve_forever()`;
    const verdict = await judgeEntrypoint('endless', python(program));
    expect(failures(verdict)).toContain('S6');
    expect(clause(verdict, 'S6').evidence.join('\n')).toContain('longer than we read');
  });

  it('is refused by S27 where it answers the readiness check and dies of it', async () => {
    const program = `import http.server as h
class E(h.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("X-JupyterHub-Version", "5"); self.end_headers()
        self.wfile.write(b'{"version": "1"}')
h.HTTPServer(("", 8888), E).handle_request()`;
    const verdict = await judgeEntrypoint('dies', python(program));
    expect(failures(verdict)).toContain('S27');
  });

  it('is refused by S10 alone where only the browser’s login is broken', async () => {
    const verdict = await judgeEntrypoint('no-client', [
      'tini',
      '--',
      'sh',
      '-c',
      'unset JUPYTERHUB_CLIENT_ID; exec "$@"',
      '--',
    ]);
    expect(failures(verdict)).toEqual(['S10']);
    expect(clause(verdict, 'S10').hint).toContain('JUPYTERHUB_CLIENT_ID');
  });

  it('is refused by S20 where it does not heed SIGTERM', async () => {
    const script = 'trap "" TERM; "$@" & while :; do sleep 1; done';
    const verdict = await judgeEntrypoint('deaf-to-term', ['sh', '-c', script, '--']);
    // Whether the server heard of it through the shell (S3) is seen in its last words, where it finds the time for them.
    expect(failures(verdict)).toContain('S20');
    expect(clause(verdict, 'S20').hint).toContain('exec "$@"');
  });

  it('is judged within its budget where it floods its log', async () => {
    const verdict = await judgeEntrypoint('flood', ['sh', '-c', 'yes the-same-words-again'], shortPatience);
    expect(failures(verdict)).toContain('S1');
    expect(verdict.logTail).toHaveLength(30);
  });
});

describe('a test that is cut short', () => {
  it('answers `cancelled` and leaves nothing behind', async () => {
    const controller = new AbortController();
    const running = smokeImage(engine, requestFor(base), () => {}, controller.signal);
    setTimeout(() => controller.abort(), 900);
    expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
    expect(await leftovers(engine)).toBe(0);
  });

  it('blames the engine, never the image, where no engine answers', async () => {
    const nowhere = connectDocker({ socket: '/nonexistent/docker.sock' });
    const judged = await smokeImage(nowhere, requestFor(base), () => {}, new AbortController().signal);
    expect(judged).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    await nowhere.close();
  });
});
