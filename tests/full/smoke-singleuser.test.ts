/**
 * Real images under the real contract: the family's base passes with every clause told, and what the corpus has no row
 * for is told apart.
 */
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
      'S28 pass',
    ]);
    expect(await leftovers(engine)).toBe(0);
  });
});

// Most of it is waiting.
describe.concurrent('an image that cannot be used', () => {
  it('is refused by S4 where it listens on the loopback address alone', async () => {
    const program =
      'import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8888, bind="127.0.0.1")';
    const verdict = await judgeEntrypoint('loopback', python(program), shortPatience);
    expect(failures(verdict)).toContain('S4');
    expect(clause(verdict, 'S4').hint).toContain('127.0.0.1:8888 alone');
  });

  it('is refused by S1 where it ends at once, and its last words are kept', async () => {
    const verdict = await judgeEntrypoint('ends', ['sh', '-c', 'echo "out of cheese" >&2; exit 3']);
    expect(failures(verdict)).toEqual(['S1']);
    expect(clause(verdict, 'S1').evidence.join('\n')).toContain('exit code 3');
    expect(verdict.logTail.join('\n')).toContain('out of cheese');
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
