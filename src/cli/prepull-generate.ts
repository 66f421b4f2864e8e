/** `build prepull generate`: manifests for the pools, for who applies them otherwise. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { renderEstimates } from '../report/prepull-estimate.ts';
import { estimatePool, judgeEstimate } from '../ship/prepull/estimate.ts';
import {
  chartValuesText,
  kustomizationText,
  listText,
  manifestsOf,
  manifestText,
  streamText,
  type NamedManifest,
} from '../ship/prepull/manifests.ts';
import { screenOf, type CliContext } from './context.ts';
import { readPools, type PoolOptions, type Pools } from './prepull-lists.ts';
import { tell, usage } from './tell.ts';

export interface GenerateOptions extends PoolOptions {
  readonly format: 'yaml' | 'json' | 'kustomize' | 'values';
  readonly output?: string;
  readonly priorityClass: boolean;
  readonly createNamespace: boolean;
  /** For `--from-cluster` alone. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Writes to stdout, or with `--output` files. What does not fit on the nodes is told, and nothing is written. */
export async function prepullGenerateCommand(
  context: CliContext,
  options: GenerateOptions,
): Promise<ExitCode> {
  if (options.kubeconfig !== undefined || options.context !== undefined) {
    const message = '`--kubeconfig` and `--context` go with `--from-cluster`: manifests ask no cluster';
    return await tell(context, [usage(message, '`build prepull apply` applies them to one')]);
  }
  const read = await readPools(context, options);
  if (!read.ok) return await tell(context, read.error);
  const pools = read.value;
  const estimates = pools.lists.map((list) => ({ list, estimate: estimatePool(list) }));
  const tooBig = estimates.flatMap(({ list, estimate }) => judgeEstimate(list, estimate));
  await tell(context, pools.warnings);
  if (tooBig.length > 0) return await tell(context, tooBig);
  const texts = textsOf(pools, options);
  if (typeof texts === 'string')
    return await tell(context, [usage(texts, 'run `build prepull generate --help`')]);

  const error = screenOf(context.stderr, context.env);
  if (error.isTerminal)
    error.write(
      renderEstimates(
        estimates.map(({ estimate }) => estimate),
        error,
      ),
    );
  const [only] = texts;
  if (options.output === undefined) {
    context.stdout.write(only?.text ?? '');
    return exitCode.ok;
  }
  return await writeFiles(context, options.output, texts);
}

interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** One text where it goes to stdout, else a file each; a sentence where that cannot be. */
function textsOf({ lists }: Pools, options: GenerateOptions): readonly NamedText[] | string {
  const manifests = manifestsOf(lists, {
    priorityClass: options.priorityClass,
    namespaces: options.createNamespace,
  });
  switch (options.format) {
    case 'yaml':
      return options.output === undefined
        ? [{ file: 'prepull.yaml', text: streamText(manifests) }]
        : files(manifests);
    case 'json':
      return [{ file: 'prepull.json', text: listText(manifests) }];
    case 'kustomize':
      if (options.output === undefined) return 'a base of kustomize is a folder: `--output DIR` says which';
      return [...files(manifests), { file: 'kustomization.yaml', text: kustomizationText(manifests) }];
    case 'values': {
      const [list, ...more] = lists;
      if (list === undefined || more.length > 0)
        return 'the chart has one puller for all its nodes: name one pool with `--pool`';
      return [{ file: 'values.yaml', text: chartValuesText(list) }];
    }
    default:
      return options.format satisfies never;
  }
}

function files(manifests: readonly NamedManifest[]): readonly NamedText[] {
  return manifests.map(({ file, object }) => ({ file, text: manifestText(object) }));
}

async function writeFiles(
  context: CliContext,
  output: string,
  texts: readonly NamedText[],
): Promise<ExitCode> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const folder = path.resolve(context.cwd, output);
  const made = await tryWriting(output, async () => void (await mkdir(folder, { recursive: true })));
  if (!made.ok) return await tell(context, [made.error]);
  for (const { file, text } of texts) {
    const name = path.join(output, file);
    const written = await tryWriting(name, () => writeFileAtomic(path.join(folder, file), text));
    if (!written.ok) return await tell(context, [written.error]);
    screenOf(context.stderr, context.env).write(`${name} written\n`);
  }
  return exitCode.ok;
}
