/**
 * How an image's Python lock is computed, as data: inside the very image that the packages will be installed in,
 * with what that image has already as constraints, so that a child never moves its parent's versions and its lock
 * holds only what the parent lacks. Pure; compile-python-lock.ts runs it.
 */
import { keyTag, recordReference } from '../core/labels.ts';
import { exactDockerfile, type GraphNode, type ImageGraph } from '../graph/image-graph.ts';

/** The file that a person writes, and the one that is computed, both in the image's context. */
export const requirementsFile = 'requirements.txt';
export const lockFile = 'requirements.lock';

/** The stage of a Dockerfile that its packages are installed on; without one it is what the last stage starts from. */
const systemStage = 'system';
/** The image of the family that brings uv, in /opt/uv/bin. */
export const installerImage = 'installer';

/** The stage that a build of it has to target. */
export const lockTarget = 'hubwright-lock-result';

/** The reference that names each target exactly, in what the engine reads. */
export type ExactReference = Parameters<typeof exactDockerfile>[1];

/** Whether the image brings its own uv: its lock is computed inside itself. */
export function isInstaller(node: GraphNode): boolean {
  return node.image.name === installerImage;
}

/** Images that must exist before the lock of this one can be computed, parents first. */
export function neededForLock(graph: ImageGraph, node: GraphNode): readonly string[] {
  const needed = new Set(graph.ancestors([node.image.name]));
  if (graph.nodes.has(installerImage)) needed.add(installerImage);
  return graph.order.filter((name) => needed.has(name));
}

/** The two files of one lock; `lock` is empty where there is none yet. */
export interface LockInput {
  readonly requirements: string;
  readonly lock: string;
}

export interface LockOptions {
  /** The image that brings uv; undefined: the image has it itself. */
  readonly installer: string | undefined;
  /** Take newer versions than the lock has: of all packages, or of these. */
  readonly upgrade: boolean | readonly string[];
  /** Another text asks the index anew, where the engine remembers an earlier answer. */
  readonly question?: string;
}

/**
 * The Dockerfile that computes the lock: the user's own up to the stage `system`, or what the last stage starts
 * from, then two stages of ours. Its result is an image of one file, requirements.lock. Pins of the lock that still
 * fit are kept, unless `upgrade` says otherwise. Undefined where nothing says what the packages are installed on.
 */
export function lockDockerfile(
  node: GraphNode,
  exact: ExactReference,
  input: LockInput,
  options: LockOptions,
): string | undefined {
  const hasSystem = node.dockerfile.stages.some(({ name }) => name === systemStage);
  const start = hasSystem ? systemStage : startOf(node, exact);
  if (start === undefined) return undefined;
  const { installer, question } = options;
  const uv =
    installer === undefined
      ? ''
      : `--mount=type=bind,from=${installer},source=/opt/uv/bin,target=/opt/uv/bin `;
  return `${hasSystem ? `${exactDockerfile(node, exact).trimEnd()}\n` : ''}
FROM ${start} AS hubwright-lock
USER 0
COPY <<'HUBWRIGHT_REQUIREMENTS' /lock/${requirementsFile}
${input.requirements.trimEnd()}
HUBWRIGHT_REQUIREMENTS
COPY <<'HUBWRIGHT_LOCK' /lock/${lockFile}
${input.lock.trimEnd()}
HUBWRIGHT_LOCK
RUN ${uv}--mount=type=cache,id=uv,target=/opt/uv/cache --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt <<'HUBWRIGHT_RUN'${question === undefined ? '' : `\n# ${question}`}
set -e
export PATH=/opt/uv/bin:$PATH SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt UV_SYSTEM_CERTS=1 UV_CACHE_DIR=/opt/uv/cache
cd /lock
uv pip freeze --system | grep -E '^[A-Za-z0-9._-]+==' > parent.txt || true
set --
for package in $(cut -d= -f1 parent.txt); do set -- "$@" --no-emit-package "$package"; done
uv pip compile --system --quiet ${upgrading(options)}--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --constraints parent.txt "$@" --output-file ${lockFile} ${requirementsFile}
HUBWRIGHT_RUN

FROM scratch AS ${lockTarget}
COPY --from=hubwright-lock /lock/${lockFile} /${lockFile}
`;
}

function upgrading({ upgrade }: LockOptions): string {
  if (typeof upgrade === 'boolean') return upgrade ? '--upgrade ' : '';
  return upgrade.map((name) => `--upgrade-package '${name}' `).join('');
}

/** What the image's last stage starts from, exactly: the installer itself for the installer's own lock. */
function startOf(node: GraphNode, exact: ExactReference): string | undefined {
  if (isInstaller(node)) return exact({ kind: 'image', name: node.image.name });
  const last = node.dockerfile.stages.at(-1);
  const reference = node.references.find(({ instruction }) => instruction === last?.base.instruction);
  return reference === undefined ? undefined : exact(reference.target);
}

/** `hubwright/NAME:key-…` of an image whose key is known. */
export function exactImage(name: string, key: string): string {
  return recordReference(name, keyTag(key));
}
