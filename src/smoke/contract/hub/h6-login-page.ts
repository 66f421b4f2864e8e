/** Clause H6: the hub's pages open. */
import { ok } from '../../../core/result.ts';
import { excerpt, exchangeLine } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import type { HttpAnswer } from '../../../hub/http-exchange.ts';
import { lastError } from '../../last-error.ts';
import type { Clause } from '../clause.ts';
import { hubPort } from './hub-container.ts';
import type { HubContainer } from './hub-container.ts';

const path = '/hub/login';

/** Of the hub's own, where the page names one. */
const stylesheet = /<link[^>]*\shref="(\/hub\/static\/[^"]+\.css[^"]*)"/;

/** What is left of an error's page where the hub's own cannot be had: nothing, or tornado's one line. */
function isBare({ status, body }: HttpAnswer): boolean {
  if (status < 400) return false;
  return body.trim() === '' || /^<html><title>(\d+): [^<]*<\/title><body>\1: /.test(body);
}

const staticHint =
  "the hub's pages open without their style and scripts, so that nothing on them works: {prefix}/share/jupyterhub/static is missing or incomplete; install jupyterhub anew";

export const opensLoginPage: Clause<HubContainer> = {
  id: 'H6',
  title: `its pages open: \`${path}\` is no error of the server's, and is styled`,
  why: 'The health page is a few words from memory. Templates, static files and the authenticator are asked for where somebody comes to log in.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `\`GET ${path}\` on port ${hubPort}: any answer below 500, a redirect to a login elsewhere and a refusal among them; a page has to be one of the hub's own, and the first style sheet of the hub's that it names has to be there.`,
  remedy:
    "The log's traceback names what fails: a template, a file of JupyterHub's `share/jupyterhub`, or the authenticator's own code.",
  needs: ['H2'],
  async test(hub, signal) {
    const answered = await exchange({ host: hub.address, port: hubPort, path }, signal);
    const evidence = [exchangeLine(`GET :${hubPort}${path}`, answered)];
    if (answered.ok && answered.value.status < 500 && !isBare(answered.value)) {
      const style = stylesheet.exec(answered.value.body)?.[1];
      if (style === undefined) return ok({ result: 'pass', evidence });
      const styled = await exchange({ host: hub.address, port: hubPort, path: style }, signal);
      evidence.push(exchangeLine(`GET :${hubPort}${style}`, styled).slice(0, 200));
      if (!(styled.ok && styled.value.status === 404)) return ok({ result: 'pass', evidence });
      return ok({ result: 'fail', evidence, hint: staticHint });
    }
    const log = await hub.log(signal);
    if (!log.ok) return log;
    const error = lastError(log.value);
    if (error !== undefined) evidence.push(`the log's last error: ${excerpt(error)}`);
    const hint = /TemplateNotFound/.test(log.value)
      ? "the hub's own files are missing or incomplete ({prefix}/share/jupyterhub, `templates` and `static`), or `template_paths` leads elsewhere; with them goes every page that a browser opens: install jupyterhub anew"
      : "the hub is healthy and opens to nobody: a page's template, its static files or the authenticator fail, and the log's traceback tells which";
    return ok({ result: 'fail', evidence, hint });
  },
};
