/** Judges whether a server listens on the port where it is looked for, and says where it does instead. */
import { excerpt, exchangeLine, seconds } from '../../evidence.ts';
import type { ListeningSocket } from '../../inside.ts';
import type { LiveContainer, ServerOutcome } from '../../live-container.ts';
import { speaksTls } from '../../../../registry/speaks-tls.ts';
import { ok } from '../../../core/result.ts';
import type { HttpAnswer } from '../../../hub/http-exchange.ts';
import type { Clause, ClauseText, Finding } from '../clause.ts';

/** The failure of a server that does not listen on `port`. `serverAt`: the port on which it was recognized. */
export function deafFinding(
  port: number,
  listening: readonly ListeningSocket[] | undefined,
  serverAt?: number,
): Extract<Finding, { result: 'fail' }> {
  const evidence = [
    `connecting to port ${port}: refused`,
    `it listens on: ${listening === undefined ? 'unknown' : listOf(listening)}`,
  ];
  if (listening?.some((socket) => socket.port === port && socket.loopback) === true) {
    const hint = `it listens on 127.0.0.1:${port} alone, which nothing outside the container reaches; let it listen on 0.0.0.0`;
    return { result: 'fail', evidence, hint };
  }
  if (listening?.some((socket) => socket.port === port && !socket.loopback) === true) {
    const hint = `it listens on ${port} at an address where nobody asks: by IPv6 alone, or on one address of several; let it listen on 0.0.0.0`;
    return { result: 'fail', evidence, hint };
  }
  const open = listening?.filter(({ loopback }) => !loopback).map((socket) => String(socket.port)) ?? [];
  const others = serverAt === undefined ? open : [String(serverAt)];
  if (others.length > 0) {
    const hint = `it listens on ${others.join(' and ')} instead of ${port}; look for that number in the ENTRYPOINT, its script, CMD and the image's configuration`;
    return { result: 'fail', evidence, hint };
  }
  const hint = `nothing listens on ${port}: the server has not come up; the log's end tells how far it got`;
  return { result: 'fail', evidence, hint };
}

/** What is wrong with a server that speaks TLS where the hub and Kubernetes speak HTTP. */
export const tlsHint =
  'it speaks TLS (HTTPS) on this port, and is asked by plain HTTP: take the certificate (or `internal_ssl`) out of its configuration; TLS ends before the proxy, at an ingress or a load balancer';

export interface HealthUrl extends Pick<ClauseText, 'id' | 'why' | 'needs'> {
  readonly port: number;
  readonly path: string;
  /** What an answer that is not the one awaited gives away, in words for the user. */
  explain?(answer: HttpAnswer): string | undefined;
  /** What more there is to say of how it is tested, as a sentence. */
  readonly also?: string;
}

/** A clause for a service whose health is one URL that has to answer 200. */
export function healthClause({
  port,
  path,
  explain,
  also,
  ...text
}: HealthUrl): Clause<LiveContainer<ServerOutcome>> {
  const question = `GET :${port}${path}`;
  return {
    ...text,
    title: `\`${path}\` answers 200 on port ${port}`,
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: [
      `\`GET ${path}\` on port ${port} is asked until it answers 200, for as long as a start may take.`,
      ...(also === undefined ? [] : [also]),
    ].join(' '),
    remedy: 'Let the service listen on 0.0.0.0 and on this port; the end of the log tells how far it got.',
    async test({ outcome, address }, signal) {
      switch (outcome.kind) {
        case 'ready': {
          const line = `${exchangeLine(question, ok(outcome.answer))}, ${seconds(outcome.afterMs)} after the start`;
          return ok({ result: 'pass', evidence: [line] });
        }
        case 'elsewhere':
          return ok(deafFinding(port, outcome.listening, outcome.port));
        case 'not-ready': {
          const { last, listening } = outcome;
          if (!last.ok && last.error.kind !== 'mute' && last.error.kind !== 'garbled') {
            return ok(deafFinding(port, listening));
          }
          const evidence = [exchangeLine(question, last)];
          if (!last.ok && (await speaksTls(address, port, signal))) {
            return ok({ result: 'fail', evidence, hint: tlsHint });
          }
          const hint = (last.ok ? explain?.(last.value) : undefined) ?? vague;
          return ok({ result: 'fail', evidence, hint });
        }
        case 'ended':
        case 'refused':
          return ok({ result: 'not-run', evidence: ['nothing runs that could answer'] });
        default:
          return outcome satisfies never;
      }
    },
  };
}

const vague = "something listens and does not answer as it should; the log's end tells more";

function listOf(listening: readonly ListeningSocket[]): string {
  if (listening.length === 0) return 'no port at all';
  return excerpt(
    listening.map(({ port, loopback }) => (loopback ? `127.0.0.1:${port}` : String(port))).join(', '),
  );
}
