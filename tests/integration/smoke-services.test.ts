/**
 * Services that are wrong in one respect each, played by a few lines of Python on the family's base. That the
 * family's own hub, proxy, database and registry pass is seen where they are built.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { realBase } from '../rig/family.ts';
import { FaultyImages } from '../rig/faulty-images.ts';
import { clause, failures, judge, leftovers } from '../rig/judge.ts';

// Starts of real servers, several at a time, on whatever machine this is; and `base` may have to be built first.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });

const engine = connectDocker();
const faulty = new FaultyImages(engine, 'services');
const shortPatience = { readinessBudgetMs: 4000 };
let base = '';

beforeAll(async () => {
  base = await realBase();
});

afterAll(async () => {
  expect(await leftovers(engine)).toBe(0);
  await faulty[Symbol.asyncDispose]();
  await engine.close();
});

/** A program under the name by which z2jh calls it; `lines` are Python. */
async function program(name: string, path: string, lines: readonly string[]): Promise<string> {
  const script = ['#!/usr/bin/env python3', ...lines].map((line) => `${line}\n`).join('');
  const dockerfile = `FROM ${base}
USER root
COPY --chmod=755 <<'PROGRAM' ${path}
${script}PROGRAM
ENTRYPOINT ["tini", "--"]
CMD ["${path}"]
`;
  return faulty.build(name, dockerfile);
}

/** A web server that gives every question the same answer. */
function answering(port: number, status: number): readonly string[] {
  return [
    'import http.server as h',
    'class E(h.BaseHTTPRequestHandler):',
    '    def do_GET(self):',
    `        self.send_response(${status}); self.end_headers(); self.wfile.write(b"{}")`,
    '    do_POST = do_GET',
    `h.ThreadingHTTPServer(("", ${port}), E).serve_forever()`,
  ];
}

describe.concurrent('a service that cannot be used', () => {
  it('is refused by H1 where the hub’s program is missing', async () => {
    const image = await faulty.build(
      'no-hub',
      `FROM ${base}\nUSER root\nRUN --network=none rm "$(command -v jupyterhub)"\n`,
    );
    const verdict = await judge(engine, image, { profile: 'hub', ...shortPatience });
    expect(failures(verdict)).toEqual(['H1']);
  });

  it('is refused by H2 where the hub answers and is not healthy', async () => {
    const image = await program('ill-hub', '/usr/local/bin/jupyterhub', answering(8081, 503));
    const verdict = await judge(engine, image, { profile: 'hub', ...shortPatience });
    // The program in the hub's place imports nothing of what a hub does.
    expect(failures(verdict)).toEqual(['H2', 'H5']);
    expect(clause(verdict, 'H2').evidence.join('\n')).toContain('503');
  });

  it('is refused by P3 where the proxy’s API is open to everybody', async () => {
    const lines = [
      'import threading',
      ...answering(8001, 200).slice(0, -1),
      'threading.Thread(target=h.ThreadingHTTPServer(("", 8001), E).serve_forever).start()',
      'h.ThreadingHTTPServer(("", 8000), E).serve_forever()',
    ];
    const image = await program('open-proxy', '/usr/local/bin/configurable-http-proxy', lines);
    const verdict = await judge(engine, image, { profile: 'proxy' });
    expect(failures(verdict)).toEqual(['P3']);
    expect(clause(verdict, 'P3').hint).toContain('open to everybody');
  });

  it('is refused by R2 where the registry listens on another port', async () => {
    const image = await program('registry', '/usr/local/bin/serve', answering(5001, 200));
    const verdict = await judge(engine, image, { profile: 'registry', ...shortPatience });
    expect(failures(verdict)).toEqual(['R2']);
    expect(clause(verdict, 'R2').hint).toContain('5001 instead of 5000');
  });

  it('is refused by D2 where the database has no client and answers nothing', async () => {
    const image = await program('no-database', '/usr/local/bin/serve', ['import time', 'time.sleep(600)']);
    const verdict = await judge(engine, image, { profile: 'database', ...shortPatience });
    expect(failures(verdict)).toContain('D2');
    expect(clause(verdict, 'D2').hint).toContain('neither `mariadb` nor `mysql`');
  });
});

describe.concurrent('an image of which nothing is known', () => {
  it.each([
    ['passes where it ends with 0', 'exit-0', ['sh', '-c', 'exit 0'], []],
    ['passes where it stays up', 'stays', ['sleep', '600'], []],
    ['is refused by C1 where it falls over', 'exit-1', ['sh', '-c', 'echo broken; exit 1'], ['C1']],
  ] as const)('%s', async (_, name, entrypoint, expected) => {
    const image = await faulty.build(name, `FROM ${base}\nENTRYPOINT ${JSON.stringify(entrypoint)}\n`);
    const verdict = await judge(engine, image, { profile: 'custom' });
    expect(failures(verdict)).toEqual(expected);
    expect(verdict.logTail).toEqual(expected.length === 0 ? [] : ['broken']);
  });
});
