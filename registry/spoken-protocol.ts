/**
 * Tells a host that is asked in the wrong one of HTTP and HTTPS as that. Such a host answers 400, resets the connection or
 * sends what the other side cannot read, as it likes, and the last two look like a network's trouble.
 */
import { failed, type Failed } from './error.ts';
import { isPlainHttp, type Answer, type HttpRequest, type Send } from './transport.ts';

/** Connections that ended before anything could be read, and answers that are no HTTP. */
const UNREADABLE = /^(?:ECONNRESET|EPIPE|EPROTO|HPE_.*)$/;
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/;

/**
 * The same Send, which looks at what a host speaks where the first question to it fails. `declaredBy`: what a user writes
 * to declare a host insecure.
 */
export function withProtocolTold(send: Send, declaredBy: string | undefined): Send {
  const by = declaredBy === undefined ? '' : ` (${declaredBy})`;
  return async (request, signal) => {
    const outcome = await send(request, signal);
    // The ping is what every host is asked first; later on a reset is the network's.
    if (request.url.pathname !== '/v2/') return outcome;
    const { host, url } = request;
    const isPlain = url.protocol === 'http:';
    const isOther = isPlain
      ? mayBeTls(outcome) && (await speaksTlsAt(request, signal))
      : saysPlain(outcome) || (isUnreadable(outcome) && (await isPlainRegistry(send, request, signal)));
    if (!isOther) return outcome;
    const code = isPlain ? 'ERR_TLS_SPOKEN' : 'ERR_TLS_NOT_SPOKEN';
    return failed({ kind: 'unreachable', host, code, message: `${host}: ${explain(host, isPlain, by)}` });
  };
}

function explain(host: string, isPlain: boolean, by: string): string {
  if (!isPlain)
    return `it speaks plain HTTP where HTTPS was expected; declare it insecure${by} if that is meant`;
  return isPlainHttp(host, [])
    ? 'it speaks TLS, and registries under this name are spoken to in plain HTTP; write a name for it that its certificate is for'
    : `it speaks TLS, and is declared insecure${by}; do not declare it`;
}

function mayBeTls(outcome: Answer | Failed): boolean {
  return outcome.kind === 'answer' ? outcome.status === 400 : isUnreadable(outcome);
}

function saysPlain(outcome: Answer | Failed): boolean {
  return NO_TLS.test(codeOf(outcome));
}

function isUnreadable(outcome: Answer | Failed): boolean {
  return UNREADABLE.test(codeOf(outcome));
}

function codeOf(outcome: Answer | Failed): string {
  return outcome.kind === 'failed' && outcome.error.kind === 'unreachable' ? (outcome.error.code ?? '') : '';
}

async function speaksTlsAt({ url }: HttpRequest, signal: AbortSignal): Promise<boolean> {
  const { speaksTls } = await import('./speaks-tls.ts');
  return await speaksTls(url.hostname.replaceAll(/[[\]]/g, ''), Number(url.port || 80), signal);
}

/** A ping carries no login, so that it may be asked without TLS; a host of TLS that answers it says 400. */
async function isPlainRegistry(send: Send, request: HttpRequest, signal: AbortSignal): Promise<boolean> {
  const url = new URL(request.url);
  url.protocol = 'http:';
  const answer = await send({ ...request, url }, signal);
  return answer.kind === 'answer' && (answer.status === 200 || answer.status === 401);
}
