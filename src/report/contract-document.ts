/** docs/contract.md, made of the clauses' own words. Pure. */
import { contractFingerprint, contractVersion } from '../smoke/contract-version.ts';
import { fingerprint, sections, type Section } from '../smoke/contract/catalogue.ts';
import type { ClauseText, IssueLink } from '../smoke/contract/clause.ts';
import type { Profile } from '../smoke/verdict.ts';

const profileWords: Readonly<Record<Profile, string>> = {
  singleuser: 'A user’s server, as zero-to-jupyterhub’s KubeSpawner starts it.',
  pytorch: 'A user’s server with PyTorch, with and without a GPU.',
  local: 'A user’s server that runs on a laptop as well, without a hub.',
  hub: 'The hub, as zero-to-jupyterhub’s Deployment starts it.',
  proxy: 'configurable-http-proxy, as zero-to-jupyterhub’s Deployment starts it.',
  database: 'A database beside a user’s server, in the same pod.',
  registry: 'A registry for images.',
  custom: 'Anything else: started with its own command, or asked by a command of yours inside it.',
  nfs: 'An NFS server for the exchange of assignments.',
  none: 'Nothing is started.',
};

const introduction = `# The image contract

<!-- Written by \`npm run contract\` from src/smoke/contract; edit the clauses, not this file. -->

What an image has to do so that somebody can use it. JupyterHub itself calls a server ready on *any* answer below 500,
so that an image which no browser can use passes its check; these clauses ask for more. Each is one thing that was
asked of a container started as the hub would start it, and has an id that is never given to another. *z2jh* is
zero-to-jupyterhub, the Helm chart whose pods are imitated.

    ./build smoke quay.io/jupyter/base-notebook:latest     any image, no matrix.yaml needed
    ./build smoke course --deep                            images of the family, the deep tier as well
    ./build smoke IMAGE --clause S10                       one clause, with those that it needs

**Profile.** What an image is held to: every image's clauses, and those of one profile. An image of the family has that
of its \`kind\` in matrix.yaml; of any other it is guessed from what the image starts, and told. \`--profile\` names it.

**Severity.** \`must\`: an image that fails it is refused, and not published. \`should\`: failing is a remark.
\`info\`: told, never a fault.

**Tier.** \`gate\` is judged for every build. \`deep\` takes time or odd set-ups, and is judged with \`--deep\`.

**Results.** \`pass\`; \`fail\`; \`waived\`: it failed, and \`waivers\` in matrix.yaml allow that until a day (see
[matrix.md](matrix.md)), it counts neither as passed nor as failed; \`not-applicable\` to this image; \`not-run\`, with the
reason: what it needs did not pass, or this machine lacks something. What was not run is never called passed.

**After another.** A clause marked *after S6* is asked only where S6 passed, and is \`not-run\` where it did not: one
cause, one failure.

**Met by** links reports of people who met what the clause is about.

A clause marked *by the clock* fails only where it failed a second time, while no other image was being tested; or
where the clock did not decide: the container did nothing in all of its time, and this machine kept it from nothing.`;

/** The version that the contract has now: one more than the last written one where it has changed since. */
export function currentVersion(): number {
  return fingerprint() === contractFingerprint ? contractVersion : contractVersion + 1;
}

/** The whole of docs/contract.md. */
export function contractDocument(): string {
  const all = sections();
  return [
    introduction,
    `Version ${currentVersion()}. A pass is a pass of one version: after a change every image is judged again.`,
    ...all.flatMap((section) => [overview(section)]),
    '## The clauses one by one',
    ...all.flatMap((section) => section.clauses.map(clauseText)),
  ]
    .join('\n\n')
    .concat('\n');
}

/** The text of src/smoke/contract-version.ts. */
export function versionModule(): string {
  return `/** The version of the contract, and what it was made for. Written by \`npm run contract\`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = ${currentVersion()};

export const contractFingerprint = '${fingerprint()}';
`;
}

function overview({ of, includes, clauses }: Section): string {
  if (of === 'every image') return `## Every image\n\n${table(clauses)}`;
  const includesLine =
    includes.length === 0
      ? []
      : [`With all clauses of ${includes.map((name) => `\`${name}\``).join(' and ')}.`];
  return [
    `## Profile \`${of}\``,
    profileWords[of],
    ...includesLine,
    ...(clauses.length === 0 ? [] : [table(clauses)]),
  ].join('\n\n');
}

function table(clauses: readonly ClauseText[]): string {
  const rows = clauses.map(
    ({ id, title, severity, tier }) =>
      `| [${id}](#${id.toLowerCase()}) | ${title.replaceAll('|', '\\|')} | ${severity} | ${tier} |`,
  );
  return ['| clause | holds where | severity | tier |', '|---|---|---|---|', ...rows].join('\n');
}

function clauseText(clause: ClauseText): string {
  const { id, title, why, met, severity, tier, tested, remedy, needs = [], timed } = clause;
  const facts = [
    `${severity}, ${tier}`,
    ...(timed === true ? ['by the clock'] : []),
    ...(needs.length === 0 ? [] : [`after ${needs.join(' and ')}`]),
  ];
  return [
    `### ${id}`,
    `**${title}** (${facts.join('; ')})`,
    why,
    `*Tested:* ${tested}`,
    `*Where it fails:* ${remedy}`,
    ...(met.length === 0 ? [] : [`*Met by:* ${met.map(issueLink).join(', ')}`]),
  ].join('\n\n');
}

function issueLink(issue: IssueLink): string {
  const [repository = '', number = ''] = issue.split('#');
  return `[${issue}](https://github.com/${repository}/issues/${number})`;
}
