/** What becomes of users' servers, as lines. Pure. */
import type { DecidedServer } from '../ship/restart/choose-servers.ts';
import { styleOf } from './style.ts';
import { count } from './text.ts';

/** Servers to stop one by one, the others counted. Ends with a newline. */
export function renderServers(
  decided: readonly DecidedServer[],
  { colour }: { readonly colour: boolean },
): string {
  const style = styleOf(colour);
  const lines = decided.flatMap(({ server, decision }) =>
    decision.kind === 'current'
      ? []
      : `${decision.kind === 'stop' ? style.bad('stop') : style.dim('keep')}  ${nameOf(server)}  ${style.dim(decision.why)}`,
  );
  const of = (kind: string): number => decided.filter(({ decision }) => decision.kind === kind).length;
  const busy = of('busy');
  const rest = [
    `${of('current')} as released`,
    ...(busy === 0 ? [] : [`${busy} older and in use (\`--all\` stops them too)`]),
  ];
  return `${[...lines, `${count(decided.length, 'server')}: ${of('stop')} to stop, ${rest.join(', ')}`].join('\n')}\n`;
}

/** `user`, or `user/server` for a named one. */
export function nameOf({ user, name }: DecidedServer['server']): string {
  return name === '' ? user : `${user}/${name}`;
}
