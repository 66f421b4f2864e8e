/**
 * What is to be said of an image's Dockerfile beyond what stops its reading: downloads that nothing pins, and
 * things that work but are seldom meant. Pure.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean, nearName } from '../core/near-name.ts';
import { usageError, usageWarning } from '../matrix/usage-error.ts';
import type { TextRange } from './logical-lines.ts';
import type { GraphNode } from './image-graph.ts';
import { spanOf } from './text-span.ts';

/** Downloads whose content could change under the same key (design, "Keys"). */
export function dockerfileErrors(node: Pick<GraphNode, 'dockerfile' | 'stages'>): readonly Diagnostic[] {
  const { dockerfile, stages } = node;
  return stages.flatMap((index) =>
    (dockerfile.stages[index]?.remoteAdds ?? [])
      .filter((add) => !add.pinned)
      .map((add) => {
        const help =
          'write `ADD --checksum=sha256:… URL …`; of a git repository, name a whole commit: `…#<commit>`';
        const message = `\`${add.source}\` may change without a trace: nothing pins what it holds`;
        return usageError('unpinned-download', message, at(node, add.range), { help });
      }),
  );
}

/**
 * Things that work, but seldom as meant. `suggest` answers the image that was probably meant by a root's reference.
 */
export function dockerfileWarnings(
  node: GraphNode,
  suggest: (root: string) => string | undefined,
  secrets: readonly string[],
): readonly Diagnostic[] {
  return [
    ...secretWarnings(node, secrets),
    ...frontendWarnings(node),
    ...nearNameWarnings(node, suggest),
    ...deferredWarnings(node),
    ...unusedArgumentWarnings(node),
  ];
}

/** Names of all arguments that the Dockerfile declares where it matters: before the first FROM, and in the stages needed. */
export function declaredArgs(node: Pick<GraphNode, 'dockerfile' | 'stages'>): ReadonlySet<string> {
  const { globalArgs, stages } = node.dockerfile;
  const used = node.stages.flatMap((index) => stages[index]?.args ?? []);
  return new Set([...globalArgs, ...used].map(({ name }) => name));
}

/** The same diagnostics without those that several images of one Dockerfile brought twice. */
export function withoutRepetitions(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, span } = diagnostic;
    const key = JSON.stringify([code, message, span?.file, span?.line, span?.column]);
    if (!seen.has(key)) seen.set(key, diagnostic);
  }
  return [...seen.values()];
}

function frontendWarnings(node: GraphNode): readonly Diagnostic[] {
  return node.dockerfile.directives
    .filter(({ name }) => name === 'syntax')
    .map((directive) => {
      const message = `\`${directive.value}\` is fetched from a registry before each build that is not cached`;
      const help = 'leave the `# syntax=` line out: the engine has a frontend of its own';
      return usageWarning('external-frontend', message, at(node, directive), { help });
    });
}

/** The stage that is probably meant where something is copied; what stages start from is called as it likes. */
function nearStage({ dockerfile: { stages } }: GraphNode, text: string): string | undefined {
  const isCopied = stages.some(({ references }) => references.some((each) => each.text === text));
  if (!isCopied || stages.some(({ base }) => base.text === text) || /[/:@]/.test(text)) return undefined;
  return nearName(
    text,
    stages.flatMap(({ name }) => name ?? []),
  );
}

function nearNameWarnings(
  node: GraphNode,
  suggest: (root: string) => string | undefined,
): readonly Diagnostic[] {
  return node.references.flatMap(({ target, span }) => {
    if (target.kind !== 'root') return [];
    const meant = suggest(target.root);
    const stage = meant === undefined ? nearStage(node, target.root) : undefined;
    if (stage !== undefined) {
      const message = `\`${target.root}\` is no stage of this Dockerfile, and taken for an image from outside`;
      return [usageWarning('near-name', message, span, { help: `did you mean the stage \`${stage}\`?` })];
    }
    if (meant === undefined) return [];
    const message = `\`${target.root}\` comes from outside the family`;
    const help = `did you mean \`${meant}\`? If not, declare it under \`roots:\``;
    return [usageWarning('near-name', message, span, { help })];
  });
}

/** The one secret that needs no entry: `--ca`, README, "Secrets and a site's own CA". */
const alwaysThere = 'ca';

/** BuildKit goes on without a secret that nobody gives. */
function secretWarnings(node: GraphNode, declared: readonly string[]): readonly Diagnostic[] {
  return node.stages
    .flatMap((index) => node.dockerfile.stages[index]?.secrets ?? [])
    .filter(({ id }) => id !== alwaysThere && !declared.includes(id))
    .map(({ id, range }) => {
      const message = `matrix.yaml declares no secret \`${id}\`: this step gets none`;
      const variable = id.toUpperCase().replaceAll(/\W/g, '_');
      const help = didYouMean(id, declared) ?? `list it: \`secrets: [{ id: ${id}, env: ${variable} }]\``;
      return usageWarning('undeclared-secret', message, at(node, range), { help });
    });
}

function deferredWarnings(node: GraphNode): readonly Diagnostic[] {
  return node.stages
    .flatMap((index) => node.dockerfile.stages[index]?.deferredReferences ?? [])
    .map((range) => {
      const message = 'an image that ONBUILD draws on is not seen by the graph nor by the keys';
      return usageWarning('deferred-reference', message, at(node, range));
    });
}

function unusedArgumentWarnings(node: GraphNode): readonly Diagnostic[] {
  const { definition, args, span } = node.image;
  // A definition may give an argument for another target than this image's.
  const stages = node.dockerfile.stages.map(({ index }) => index);
  const declared = declaredArgs({ dockerfile: node.dockerfile, stages });
  return Object.keys(args)
    .filter((name) => !declared.has(name) && !proxyArgs.has(name))
    .map((name) => {
      const message = `\`${definition}\` gives the argument \`${name}\`, which \`${node.dockerfile.file}\` does not declare`;
      const help = didYouMean(name, declared) ?? `write \`ARG ${name}\` where it is needed`;
      return usageWarning('undeclared-argument', message, span, { help });
    });
}

/** BuildKit knows these without a declaration, and leaves them out of its own cache keys as well. */
export const proxyArgs: ReadonlySet<string> = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
    name,
    name.toLowerCase(),
  ]),
);

function at(node: Pick<GraphNode, 'dockerfile'>, range: TextRange) {
  return spanOf(node.dockerfile.file, node.dockerfile.text, range);
}
