/**
 * Guesses what an image is started as, from its name, its commands and what it is built on. A guess, and told as
 * one: it chooses the smoke test, which then shows whether it was right. Pure.
 */
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';
import type { ImageKind } from '../matrix/image-set.ts';
import { isVariant } from './name-images.ts';
import { stageChain } from './stage-chain.ts';

export interface Guess {
  readonly kind: ImageKind;
  /** What the guess rests on, for a comment: `its name`. */
  readonly why: string;
}

/** What is known of an image before its kind is. */
export interface KindClues {
  readonly name: string;
  readonly dockerfile: ParsedDockerfile;
  /** The stage that is built, where that is not the last. */
  readonly target?: string | undefined;
  /** The image of the family that it is built on, with that one's guess. */
  readonly parent: { readonly name: string; readonly guess: Guess } | undefined;
  /** The image from outside that it is built on. */
  readonly root: string | undefined;
  /** True where others copy from it, and none is built on it. */
  readonly onlyCopiedFrom: boolean;
  /** True where no image of the tree draws on it. */
  readonly isLast?: boolean;
}

/** By what a name ends in, variants left out; the first that fits has it. */
const names: readonly (readonly [ImageKind, RegExp])[] = [
  ['singleuser', /(?:^|-)(?:notebooks?|singleuser|lab|jupyterlab|user)$/],
  ['database', /(?:^|-)(?:db|database|mariadb|mysql|postgres|postgresql)$/],
  ['proxy', /(?:^|-)(?:proxy|chp)$/],
  ['nfs', /(?:^|-)nfs$/],
  ['registry', /(?:^|-)registry$/],
  ['hub', /(?:^|-)(?:hub|jupyterhub)$/],
];

/** Words behind the telling one that leave an image what it is. */
const further =
  /^(?:server|image|base|sample|example|test|stable|edge|latest|custom|students?|instructors?|teachers?)$/;

/** By what CMD and ENTRYPOINT start. */
const commands: readonly (readonly [ImageKind, RegExp])[] = [
  [
    'singleuser',
    /jupyterhub-singleuser|start-singleuser|start-notebook|jupyter["',\s-]+(?:lab|notebook|server)\b/,
  ],
  ['proxy', /configurable-http-proxy/],
  ['database', /\b(?:mysqld|mariadbd|postgres)(?![\w-])/],
  ['nfs', /\b(?:ganesha|nfsd)\b/],
  // The program or Python's module, not a folder of that name on the way to another.
  ['hub', /(?:^|[\s"'/])jupyterhub(?=$|[\s"',])/],
];

/** Programs that are none of ours: what starts or stands on one is not what its name or its parent says. */
const foreignCommand =
  /\bpython[\d.]*["',\s]+[^"',\s]+\.py\b|\bnode["',\s]+[^"',\s]+\.[cm]?js\b|^CMD[\s["]+\/init\b|^ENTRYPOINT[\s["]+\/init\b|\b(?:nginx|httpd|apache2|apache2ctl|caddy|haproxy|envoy|traefik|squid|rserver|shiny-server|gunicorn|uvicorn|flask|streamlit|crond?|sshd)(?![\w.-])/;
const foreignRoot = /^(?:nginx|httpd|caddy|haproxy|envoy|traefik|squid|redis|memcached)$/;

/** By what is installed. */
const packages: readonly (readonly [ImageKind, RegExp])[] = [
  ['hub', /^(?:jupyterhub-)?kubespawner$|^dockerspawner$|^oauthenticator$/],
  ['singleuser', /^(?:jupyterlab|notebook|nbclassic|jupyter-server|nbgitpuller)$/],
  ['proxy', /^configurable-http-proxy$/],
  ['database', /^(?:mariadb-server|mysql-server|postgresql)$/],
  ['nfs', /^(?:nfs-ganesha|nfs-kernel-server)$/],
];

/** The kind that the first of these clues tells: name, command, packages, parent, root, the notebooks' user. */
export function guessKind(clues: KindClues): Guess {
  const { name, dockerfile, target, parent, root, onlyCopiedFrom, isLast = false } = clues;
  const started = startCommands(dockerfile, target);
  const isForeign = started.some((text) => foreignCommand.test(text));
  const standsOnForeign = root !== undefined && foreignRoot.test(wordsOfRoot(root).repository);
  const byCommand = started.map((text) => kindBy(commands, text)).find((kind) => kind !== undefined);
  // `Dockerfile.test` beside a server's: it runs the tests of that, and ends.
  if (/-tests?$/.test(name) && started.length > 0 && byCommand === undefined)
    return { kind: 'custom', why: 'its name and its command say that it runs tests' };
  const byName = isForeign || standsOnForeign ? undefined : kindByName(name);
  if (byName !== undefined) return { kind: byName, why: 'its name' };
  if (byCommand !== undefined) return { kind: byCommand, why: 'the command that it starts' };
  const installed = installedPackages(dockerfile);
  for (const [kind, pattern] of packages) {
    const found = installed.find((each) => pattern.test(each));
    if (found !== undefined) return { kind, why: `it installs ${found}` };
  }
  if (onlyCopiedFrom && started.length === 0) return { kind: 'builder', why: 'others copy from it alone' };
  const byParent = isForeign ? undefined : kindByParent(parent, root);
  if (byParent !== undefined) return byParent;
  // What others stand on sets the notebooks' user for them, and need not start a server itself.
  if (isLast && !isForeign && setsNotebookUser(dockerfile, target))
    return { kind: 'singleuser', why: 'it sets NB_USER, and nothing is built on it' };
  return { kind: 'custom', why: 'nothing tells what it is started as' };
}

function kindByParent(parent: KindClues['parent'], root: string | undefined): Guess | undefined {
  if (parent !== undefined && parent.guess.kind !== 'custom' && parent.guess.kind !== 'builder') {
    return { kind: parent.guess.kind, why: `it is built on ${parent.name}` };
  }
  if (root === undefined) return undefined;
  const { repository, tag } = wordsOfRoot(root);
  const kind = kindByName(repository) ?? kindByName(tag);
  return kind && { kind, why: `it is built on ${root}` };
}

/** The last word of a reference's path and its tag, as names are written. */
function wordsOfRoot(root: string): { readonly repository: string; readonly tag: string } {
  const [repository = '', tag = ''] = root.replace(/@.*$/, '').replace(/^.*\//, '').split(':');
  return { repository: repository.replace(/[_.]/g, '-'), tag: tag.replace(/[_.]/g, '-') };
}

function kindByName(name: string): ImageKind | undefined {
  const words = name.split('-');
  const last = words.findLastIndex((word) => !isVariant(word) && !further.test(word));
  // A name of such words alone is taken as it is.
  return kindBy(names, last < 0 ? name : words.slice(0, last + 1).join('-'));
}

function kindBy(rules: typeof names, text: string): ImageKind | undefined {
  return rules.find(([, pattern]) => pattern.test(text))?.[0];
}

/** CMD and ENTRYPOINT that the stage that is built has or takes over from a stage that it stands on, the last of each. */
function startCommands(dockerfile: ParsedDockerfile, target: string | undefined): readonly string[] {
  const own = ownInstructions(dockerfile, target);
  return ['CMD', 'ENTRYPOINT'].flatMap(
    (keyword) => own.findLast((each) => each.keyword === keyword)?.text ?? [],
  );
}

/** `NB_USER` is what notebook images of most projects call the user that their server runs as. */
function setsNotebookUser(dockerfile: ParsedDockerfile, target: string | undefined): boolean {
  return ownInstructions(dockerfile, target).some(({ text }) =>
    /^(?:ENV|ARG)\s(?:.*[^\w${])?NB_USER(?:[\s=]|$)/s.test(text),
  );
}

/** Those of the stage that is built and of the stages that it stands on, the first of all first. */
function ownInstructions(
  dockerfile: ParsedDockerfile,
  target: string | undefined,
): ParsedDockerfile['instructions'] {
  return stageChain(dockerfile, target)
    .toReversed()
    .flatMap(({ index }) => dockerfile.instructions.filter(({ stage }) => stage === index));
}

/** Names of packages that installers are given, without versions and extras. */
function installedPackages({ instructions }: ParsedDockerfile): readonly string[] {
  return instructions
    .filter(({ keyword }) => keyword === 'RUN')
    .flatMap(({ text, heredocs }) => [text, ...heredocs].join('\n').split(/&&|\|\||;|\n/))
    .filter((command) =>
      /\b(?:pip3?|uv|conda|mamba|micromamba|apt|apt-get|apk|dnf|npm)\b.*\binstall\b|\bapk\b.*\badd\b/.test(
        command,
      ),
    )
    .flatMap((command) => command.split(/\s+/))
    .map((word) =>
      word
        .replace(/^["']|["']$/g, '')
        .replace(/[[=<>~!@].*$/, '')
        .toLowerCase()
        .replaceAll('_', '-'),
    );
}
