/** Clause L4: a notebook can be worked in. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import { openKernel, plainCode, ranPlainCode } from '../../kernel-session.ts';
import { serverPort } from '../../pod-environment.ts';
import type { Clause } from '../clause.ts';
import type { LocalServer } from './local-server.ts';

const answerMs = 60_000;

export const localKernel: Clause<LocalServer> = {
  id: 'L4',
  title: 'a kernel starts and runs code',
  why: 'JupyterLab opens and the notebook never answers.',
  met: ['jupyterhub/jupyterhub#2281'],
  severity: 'must',
  tier: 'gate',
  tested: 'The default kernel is started with the token and runs code over its websocket.',
  remedy: "Install the kernel's package (`ipykernel`) for the interpreter that its kernelspec names.",
  needs: ['L3'],
  async test(server, signal) {
    const token = await server.token(signal);
    if (!token.ok) return token;
    const kernel = await openKernel(
      { host: server.address, port: serverPort, servicePrefix: '/', token: token.value ?? '' },
      signal,
    );
    if (!kernel.ok) {
      const hint = "the kernel cannot be reached; the log's end tells at which step";
      return ok({ result: 'fail', evidence: [excerpt(kernel.error.evidence)], hint });
    }
    const { spec, language } = kernel.value;
    const code = language === 'python' ? 'print(6 * 7)' : plainCode;
    const execution = await kernel.value.execute(code, answerMs);
    const { status, output, error } = execution;
    const evidence = [`kernel ${excerpt(spec, 60)}: ${status} ${excerpt(error ?? output)}`];
    if (ranPlainCode(execution, language) && (language !== 'python' || output.trim() === '42')) {
      return ok({ result: 'pass', evidence });
    }
    return ok({
      result: 'fail',
      evidence,
      hint: "the kernel does not run plain code; the log's end tells why",
    });
  },
};
