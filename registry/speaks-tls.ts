/** Finds out whether a port that gives no answer in HTTP speaks TLS instead. No certificate is looked at. */
import { connect } from 'node:tls';

const budgetMs = 3000;

export function speaksTls(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, rejectUnauthorized: false });
  const both = AbortSignal.any([signal, AbortSignal.timeout(budgetMs)]);
  const settle = (speaks: boolean): void => {
    socket.destroy();
    resolve(speaks);
  };
  socket.once('secureConnect', () => settle(true));
  // A server that wants a certificate of ours refuses with an alert, which is TLS as well.
  socket.on('error', (error) => settle('code' in error && /ALERT/.test(String(error.code))));
  socket.once('close', () => settle(false));
  if (both.aborted) settle(false);
  both.addEventListener('abort', () => settle(false), { once: true });
  return promise;
}
