import { describe, expect, it } from 'vitest';
import { killsIn, parseSockets } from '../../../src/smoke/inside.ts';

const header = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid';

/** One line of /proc/net/tcp, as a little-endian machine writes it. */
function line(local: string, state = '0A'): string {
  return `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000`;
}

describe('the table of listening sockets', () => {
  it('tells every address from the loopback one, in both families', () => {
    const table = [
      header,
      line('00000000:22B8'),
      line('0100007F:1F90'),
      line('00000000000000000000000000000000:270F'),
      line('00000000000000000000000001000000:0CEA'),
      line('0000000000000000FFFF00000100007F:1F91'),
    ].join('\n');
    expect(parseSockets(table)).toEqual([
      { port: 3306, loopback: true },
      { port: 8080, loopback: true },
      { port: 8081, loopback: true },
      { port: 8888, loopback: false },
      { port: 9999, loopback: false },
    ]);
  });

  it('leaves out connections and Docker’s own name server', () => {
    expect(parseSockets([header, line('0200A8C0:22B8', '01'), line('0B00007F:9C41')].join('\n'))).toEqual([]);
  });

  it('takes a port that is open on any other address for open', () => {
    const table = [header, line('0100007F:22B8'), line('0200A8C0:22B8')].join('\n');
    expect(parseSockets(table)).toEqual([{ port: 8888, loopback: false }]);
  });
});

it.each([
  ['low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 0\n', 3],
  ['oom_kill_disable 0\nunder_oom 0\noom_kill 1\n', 1],
  ['', 0],
])('counts the memory killer’s kills in both versions of control groups: %j', (counts, kills) => {
  expect(killsIn(counts)).toBe(kills);
});
