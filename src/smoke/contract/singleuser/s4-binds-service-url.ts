/** Clause S4: the server listens where JUPYTERHUB_SERVICE_URL says. */
import { ok } from '../../../core/result.ts';
import type { Pod } from '../../pod.ts';
import type { ListeningSocket } from '../../inside.ts';
import { excerpt, seconds } from '../../evidence.ts';
import { serverPort } from '../../pod-environment.ts';
import type { Clause, Finding } from '../clause.ts';

const asked = `JUPYTERHUB_SERVICE_URL asks for 0.0.0.0:${serverPort}`;

export const bindsServiceUrl: Clause<Pod> = {
  id: 'S4',
  title: `listens on the host and port of JUPYTERHUB_SERVICE_URL (0.0.0.0:${serverPort})`,
  why: 'The hub knocks at that port alone. A `--port` on the command line, or in the entry point, beats the environment and leaves it dead.',
  severity: 'must',
  async test({ outcome }) {
    switch (outcome.kind) {
      case 'ready':
        return ok({ result: 'pass', evidence: [asked, `answered there after ${seconds(outcome.afterMs)}`] });
      case 'elsewhere':
        return ok(deaf(outcome.listening, outcome.port));
      case 'not-ready':
        if (!outcome.last.ok && outcome.last.error.kind !== 'mute' && outcome.last.error.kind !== 'garbled') {
          return ok(deaf(outcome.listening, undefined));
        }
        return ok({ result: 'pass', evidence: [asked, 'something listens there'] });
      case 'ended':
      case 'refused':
        return ok({ result: 'not-run', evidence: ['nothing runs that could listen'] });
      default:
        return outcome satisfies never;
    }
  },
};

function deaf(listening: readonly ListeningSocket[] | undefined, serverAt: number | undefined): Finding {
  const evidence = [
    asked,
    `connecting to port ${serverPort}: refused`,
    `it listens on: ${listening === undefined ? 'unknown' : listOf(listening)}`,
  ];
  if (listening?.some(({ port, loopback }) => port === serverPort && loopback) === true) {
    const hint = `it listens on 127.0.0.1:${serverPort} alone, which nothing outside the container reaches; remove \`--ip\` or \`ServerApp.ip\` from the command line and let JUPYTERHUB_SERVICE_URL decide`;
    return { result: 'fail', evidence, hint };
  }
  const other = serverAt ?? listening?.find(({ loopback }) => !loopback)?.port;
  if (other !== undefined) {
    const hint = `it listens on ${other} instead of ${serverPort}; look for \`--port=${other}\` in the ENTRYPOINT, its script or CMD: a flag on the command line beats JUPYTERHUB_SERVICE_URL`;
    return { result: 'fail', evidence, hint };
  }
  const hint = `nothing listens on ${serverPort}: the server has not come up; the log's end tells how far it got`;
  return { result: 'fail', evidence, hint };
}

function listOf(listening: readonly ListeningSocket[]): string {
  if (listening.length === 0) return 'no port at all';
  return excerpt(
    listening.map(({ port, loopback }) => (loopback ? `127.0.0.1:${port}` : String(port))).join(', '),
  );
}
