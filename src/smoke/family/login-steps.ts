/** Who may log in: LDAP through the proxy, over StartTLS with an authority of our own. */
import { excerpt } from '../evidence.ts';
import { caFolder } from './family-hub.ts';
import { logIn, sendLogin } from './hub-pages.ts';
import type { Person } from './people.ts';
import { inBrowser, runInside } from './stage.ts';
import type { Stage } from './stage.ts';
import { fail, pass } from '../story.ts';
import type { Step } from '../story.ts';

/** JupyterHub turns a login away with 200 and a message, or with 403; a good one is a redirect. */
const redirect = 302;

/** Opens connections as the hub's authenticator does, with each of the authorities that its arguments name. */
const connectWith = `import ssl, sys
from ldap3 import AUTO_BIND_TLS_BEFORE_BIND, Connection, Server, Tls
for authority in sys.argv[1:]:
    tls = Tls(ca_certs_file=authority, validate=ssl.CERT_REQUIRED)
    try:
        Connection(Server("ldap", tls=tls), auto_bind=AUTO_BIND_TLS_BEFORE_BIND)
        print(authority, "connected")
    except Exception as error:
        print(authority, "refused:", error)`;

export function loginSteps(stage: Stage): readonly Step[] {
  const { people } = stage;
  const { student, stranger } = people;
  return [
    denied(stage, 'denied-group', 'somebody of another group is turned away', stranger),
    denied(stage, 'denied-password', 'a wrong password is turned away', { ...student, password: 'wrong' }),
    denied(stage, 'denied-blank', 'a blank password is turned away', { ...student, password: '' }),
    {
      id: 'foreign-ca',
      title: 'a directory whose certificate is of another authority is refused',
      needs: ['hub'],
      async play(signal) {
        const authorities = [`${caFolder}/ca.crt`, `${caFolder}/other-ca.crt`];
        const command = ['python3', '-c', connectWith, ...authorities];
        const ran = await runInside(stage, stage.hub.hub.containerId, command, signal);
        if (!ran.ok) return ran;
        const evidence = ran.value.text.split('\n').map((line) => excerpt(line));
        const [own = '', other = ''] = evidence;
        const good = own.endsWith('/ca.crt connected') && /refused: .*certificate/i.test(other);
        return good ? pass(...evidence) : fail(...evidence);
      },
    },
    {
      id: 'login',
      title: 'a member logs in by LDAP through the proxy, over StartTLS',
      needs: ['hub', 'browser'],
      play: (signal) =>
        inBrowser(
          stage,
          'student',
          'login',
          async (page) => {
            await logIn(page, stage.hub.url, student);
            // slapd takes a password over TLS alone (`security simple_bind=128`).
            return [`${student.name} arrived at ${new URL(page.url()).pathname}`];
          },
          signal,
        ),
    },
  ];
}

function denied(stage: Stage, id: string, title: string, who: Pick<Person, 'name' | 'password'>): Step {
  return {
    id,
    title,
    needs: ['hub', 'browser'],
    play: (signal) =>
      inBrowser(
        stage,
        'nobody',
        id,
        async (page) => {
          const status = await sendLogin(page, stage.hub.url, who);
          if (status === redirect) throw new Error(`POST /hub/login as ${who.name}: 302, let in`);
          if (status !== 200 && status !== 403) throw new Error(`POST /hub/login as ${who.name}: ${status}`);
          return [`POST /hub/login as ${who.name}: ${status}`];
        },
        signal,
      ),
  };
}
