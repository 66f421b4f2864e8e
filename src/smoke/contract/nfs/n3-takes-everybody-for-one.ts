/** Clause N3: whoever writes, the file belongs to the user that the server was told to take everybody for. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import { otherMinorVersion } from '../../nfs/nfs-status.ts';
import type { Clause } from '../clause.ts';
import { readExports, root, somebody } from './exports.ts';
import type { NfsSubject } from './nfs-server.ts';

const declared = ['NFS_ANON_UID', 'NFS_ANON_GID'] as const;

export const takesEverybodyForOne: Clause<NfsSubject> = {
  id: 'N3',
  title: 'whoever writes, the file belongs to the anonymous user, never to root',
  why: 'Servers come with whatever uid their image has: an instructor could not collect what students hand in, and whoever is root in his own container would be root on the exchange.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `A file is written to every exported folder as uid ${root.uid} and as uid ${somebody.uid}; both have to belong to the same user, not to root. Where the image sets ${declared.join(' and ')}, one folder has to give its files to these.`,
  remedy: 'Squash all users, and set the anonymous uid and gid (ganesha: `Squash = All_Squash`).',
  needs: ['N2'],
  async test(subject, signal) {
    const exports = await readExports(subject.client, signal);
    if (!exports.ok) {
      const { at, kind, message } = exports.error;
      if (message === otherMinorVersion) {
        const why = 'the server speaks only later minor versions of NFS 4 than 0, which this check speaks';
        return ok({ result: 'not-run', evidence: [`${why}: nothing of its exports was tried`] });
      }
      const evidence = [`${at}: ${kind === 'denied' ? 'refused, ' : ''}${excerpt(message)}`];
      const hint = /WRONGSEC/.test(message)
        ? 'the export asks clients for Kerberos, or another flavour of security than users’ servers have: let it take plain ones (ganesha: `SecType = sys`), and keep strangers out by the network'
        : 'a client without rights of its own cannot write there: export a folder read-write, and let it belong to the anonymous user';
      return ok({ result: 'fail', evidence, hint });
    }
    const evidence = exports.value.map(
      ({ path, owners }) => `/${path}: uid 0 wrote as ${owners[0]}, uid ${somebody.uid} as ${owners[1]}`,
    );
    if (exports.value.some(({ owners: [one, other] }) => one !== other || isRoot(one))) {
      const hint =
        'the server believes what clients say of themselves; let it squash all of them to one user';
      return ok({ result: 'fail', evidence, hint });
    }
    const wanted = await declaredOwner(subject, signal);
    if (!wanted.ok) return wanted;
    if (wanted.value === undefined || exports.value.some(({ owners }) => owners[0] === wanted.value)) {
      return ok({ result: 'pass', evidence });
    }
    evidence.push(`${declared.join(':')} is ${wanted.value}`);
    const hint = `no exported folder gives its files to ${wanted.value}: the entry point does not hand the variables on`;
    return ok({ result: 'fail', evidence, hint });
  },
};

function isRoot(owner: string): boolean {
  return /^(0|root(@.*)?):/.test(owner);
}

async function declaredOwner({ engine, containerId }: NfsSubject, signal: AbortSignal) {
  const asked = await engine.exec(containerId, ['printenv', ...declared], { maxBytes: 1024 }, signal);
  if (!asked.ok)
    return asked.error.kind === 'unreachable' || asked.error.kind === 'cancelled' ? asked : ok(undefined);
  const ids = asked.value.stdout.trim().split('\n');
  return ok(asked.value.exitCode === 0 && ids.length === 2 ? ids.join(':') : undefined);
}
