/** Clause H2: the hub is healthy. */
import type { HttpAnswer } from '../../../hub/http-exchange.ts';
import { excerpt } from '../../evidence.ts';
import { healthClause } from '../common/port-finding.ts';
import { hubHealthPath, hubPort, settledMs } from './hub-container.ts';

export const hubHealth = healthClause({
  id: 'H2',
  port: hubPort,
  path: hubHealthPath,
  why: "Kubernetes asks for it; without that answer nobody can log in, and the hub's pod is restarted for ever.",
  needs: ['H1'],
  explain: anotherBaseUrl,
  also: `Another answer of the hub's own that stays for ${settledMs / 1000} s is its last.`,
});

/** A hub leads whatever lies outside of its base URL beneath it: `/jupyter/hub/…`. */
function anotherBaseUrl({ status, headers }: HttpAnswer): string | undefined {
  const [, base] = /^(?:https?:\/\/[^/]+)?(\/.+?\/)hub\//.exec(headers.location ?? '') ?? [];
  if (status < 300 || status > 399 || base === undefined) return undefined;
  return `the hub lives under ${excerpt(base, 80)} and not under /: take \`base_url\` (or the path in \`bind_url\`) out of the image's configuration; the chart sets it (\`hub.baseUrl\`), for the hub and for those who ask it`;
}
