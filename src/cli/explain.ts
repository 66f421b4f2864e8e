/** `build explain`: why an image would be rebuilt, or what a changed file would rebuild. Builds nothing. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { selectImages } from '../graph/select-images.ts';
import { drawPlan, type Family } from '../plan/draw-plan.ts';
import { explanationOf } from '../plan/explanation.ts';
import { ifChanged } from '../plan/if-changed.ts';
import { readVerdict } from '../run/kept-verdict.ts';
import { renderExplanation, renderIfChanged } from '../report/explain.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
import { contractOf } from '../run/smoke-contract.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface ExplainOptions {
  readonly directory?: string;
  readonly ifChanged?: readonly string[];
  readonly json: boolean;
}

export async function explainCommand(
  context: CliContext,
  names: readonly string[],
  options: ExplainOptions,
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const family = await readCheckedFamily(context, directory);
  if (!family.ok) return await tell(context, family.error);
  const selected = names.length === 0 ? ok([]) : selectImages(family.value.set, family.value.graph, names);
  if (!selected.ok) return await tell(context, selected.error);
  const told =
    options.ifChanged === undefined
      ? await why(context, family.value, selected.value, options.json)
      : await whatIf(context, family.value, selected.value, options.ifChanged, options.json);
  if (!told.ok) return await tell(context, told.error);
  if (options.json) context.stdout.write(told.value);
  else screenOf(context.stdout, context.env).write(told.value);
  return exitCode.ok;
}

/** Asks the engine and the registry, as a plan does. */
async function why(
  context: CliContext,
  family: Family,
  names: readonly string[],
  json: boolean,
): Promise<Result<string, readonly Diagnostic[]>> {
  if (names.length === 0) {
    const help =
      '`build explain IMAGE`, or `build explain --if-changed FILE`; `build list` shows what there is';
    return err([usage('which image shall be explained?', help)]);
  }
  await using workplace = openWorkplace(context);
  const { engine, registry } = workplace;
  const mode = { changed: true, force: false, push: false };
  const drawn = await drawPlan(
    family,
    engine,
    registry,
    { names, mode, contractOf, environment: context.env },
    context.signal,
  );
  if (!drawn.ok) return drawn;
  await tell(context, drawn.value.warnings);
  const explanations = await Promise.all(
    names.map(async (name) => {
      const lastTest = await readVerdict(family.set.directory, name);
      return { ...explanationOf(drawn.value, name), ...(lastTest === undefined ? {} : { lastTest }) };
    }),
  );
  if (json) return ok(`${JSON.stringify({ version: 1, images: explanations }, null, 2)}\n`);
  const options = { ...screenOf(context.stdout, context.env), now: Date.now() };
  return ok(explanations.map((explanation) => renderExplanation(explanation, options)).join('\n'));
}

/** Reads ignore files, and asks nobody. */
async function whatIf(
  context: CliContext,
  family: Family,
  names: readonly string[],
  files: readonly string[],
  json: boolean,
): Promise<Result<string, readonly Diagnostic[]>> {
  const { directory, images } = family.set;
  const paths = files.map((file) => pathInside(directory, context.cwd, file));
  const outside = paths.flatMap((file, index) => (file === undefined ? [files[index] ?? ''] : []));
  if (outside.length > 0)
    return err(
      outside.map((file) => usage(`\`${file}\` is not in this repository`, `it lies at \`${directory}\``)),
    );
  const touched = await Promise.all(
    paths.map(async (file = '') => {
      const told = await ifChanged(family, file);
      return existsSync(path.join(directory, file)) ? told : { ...told, isThere: false as const };
    }),
  );
  if (json) return ok(`${JSON.stringify({ version: 1, files: touched }, null, 2)}\n`);
  const options = { ...screenOf(context.stdout, context.env), now: Date.now() };
  return ok(renderIfChanged(touched, names, images.length, options));
}

/** The file's path from the repository: as seen from where the user stands where it is there, else from the repository. */
function pathInside(directory: string, cwd: string, file: string): string | undefined {
  const here = path.resolve(cwd, file);
  const inside = [here, path.resolve(directory, file)].filter((each) =>
    each.startsWith(directory + path.sep),
  );
  const found = inside.find((each) => existsSync(each)) ?? inside[0];
  return found === undefined ? undefined : path.relative(directory, found).replaceAll(path.sep, '/');
}
