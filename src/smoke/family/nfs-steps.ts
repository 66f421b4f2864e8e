/**
 * The exchange over NFS, asked with a client that needs no kernel: whoever comes by the students' export is somebody
 * else than the instructor there. The pods before had the server's volume itself, under the same user ids.
 */
import { excerpt } from '../evidence.ts';
import { NfsClient } from '../nfs/nfs-client.ts';
import { anybody } from './exchange-volume.ts';
import type { Stage } from './stage.ts';
import { fail, pass } from '../story.ts';
import type { Step } from '../story.ts';

/** Nothing where the family has no NFS server. */
export function nfsSteps({ exchange, people, request }: Stage): readonly Step[] {
  const { server } = exchange;
  if (server === undefined) return [];
  const inbound = `${request.course}/inbound`;
  return [
    {
      id: 'nfs',
      title: 'over NFS the instructor sees what was handed in; students may add to it, and see nothing',
      needs: ['submit'],
      async play(signal) {
        const client = new NfsClient(server.address);
        const seen = await client.list(anybody, `/exchange/${inbound}`, signal);
        const hidden = await client.list(anybody, `/exchange-students/${inbound}`, signal);
        const own = `/exchange-students/${inbound}/over-nfs`;
        const added = await client.write(anybody, own, 0o644, 'by a student\n', signal);
        const evidence = [
          `instructor lists ${inbound}: ${seen.ok ? excerpt(seen.value.join(' ')) : seen.error.message}`,
          `student lists ${inbound}: ${hidden.ok ? excerpt(hidden.value.join(' ')) : hidden.error.message}`,
          `student adds to ${inbound}: ${added.ok ? 'done' : added.error.message}`,
        ];
        const complete =
          seen.ok && [people.student, people.neighbour].every(({ name }) => handedIn(seen.value, name));
        const closed = !hidden.ok && hidden.error.kind === 'denied';
        return complete && closed && added.ok ? pass(...evidence) : fail(...evidence);
      },
    },
  ];
}

/** nbgrader names a submission's folder `NAME+ASSIGNMENT+TIME+…`. */
function handedIn(names: readonly string[], person: string): boolean {
  return names.some((name) => name.startsWith(`${person}+`));
}
