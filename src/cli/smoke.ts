/** `build smoke`: starts images the way they will be started in earnest, and judges each clause by clause. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { EngineInfo } from '../engine/engine.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { InTurn } from '../report/in-turn.ts';
import { junitDocument, smokeLine, type Judged, type Unjudged } from '../report/smoke-json.ts';
import { renderAnnouncement, renderClause, renderVerdict, renderVerdicts } from '../report/smoke-report.ts';
import type { Write } from '../report/reporter.ts';
import { StatusLine } from '../report/status-line.ts';
import { recordVerdict } from '../run/record-verdict.ts';
import { newRunId } from '../run/abandoned-runs.ts';
import { allClauses } from '../smoke/contract/catalogue.ts';
import { defaultCpu, defaultMemory } from '../smoke/service-spec.ts';
import { smokeImage } from '../smoke/smoke-image.ts';
import type { Profile } from '../smoke/verdict.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository, hasRepository } from './repository.ts';
import { unknownClauses } from './smoke-clauses.ts';
import { keptThings, SmokeRun } from './smoke-run.ts';
import {
  familyNames,
  familyTargets,
  mayBeFamilys,
  referenceTarget,
  type SmokeTarget,
} from './smoke-targets.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface SmokeOptions {
  readonly directory?: string;
  readonly profile?: Profile;
  readonly deep: boolean;
  readonly clause?: readonly string[];
  readonly check?: string;
  readonly json: boolean;
  readonly junit?: string;
  readonly keep: boolean;
}

export async function smokeCommand(
  context: CliContext,
  names: readonly string[],
  options: SmokeOptions,
): Promise<ExitCode> {
  if (names.length === 0) {
    const help =
      '`build smoke IMAGE`: an image of the family, or any reference: `quay.io/jupyter/base-notebook:latest`';
    return await tell(context, [usage('which image shall be tested?', help)]);
  }
  await using workplace = openWorkplace(context);
  const info = await workplace.engine.info(context.signal);
  if (!info.ok) return await tell(context, [engineDiagnostic(info.error)]);
  const targets = await findTargets(context, workplace, info.value, names, options);
  if (!targets.ok) return await tell(context, targets.error);
  const unknown = unknownClauses(
    options.clause ?? [],
    targets.value.map(({ request }) => request.profile),
  );
  if (unknown.length > 0) return await tell(context, unknown);

  const runId = newRunId();
  await using run = await SmokeRun.open(workplace.engine, context.env, runId, context.signal);
  const results = await judgeAll(context, workplace, info.value, run.id, targets.value, options);
  if (results.some((result) => 'error' in result)) run.leaveNote();
  const unwritten = await writeJunit(context, options.junit, results);
  if (unwritten !== undefined) return await tell(context, [unwritten]);
  if (options.keep) {
    const screen = screenOf(context.stderr, context.env);
    screen.write(await keptThings(workplace.engine, run.id, context.signal));
  }
  if (results.some((result) => 'verdict' in result && !result.verdict.passed)) return exitCode.imageFailed;
  return results.some((result) => 'error' in result) ? exitCode.environment : exitCode.ok;
}

/** Writes the verdicts where that was asked for; answers why they could not be written. */
async function writeJunit(
  { cwd }: CliContext,
  file: string | undefined,
  results: readonly (Judged | Unjudged)[],
): Promise<Diagnostic | undefined> {
  if (file === undefined) return undefined;
  try {
    await writeFile(path.resolve(cwd, file), junitDocument(results));
    return undefined;
  } catch (cause) {
    // Node's own message names the file and what is wrong with it.
    const reason = cause instanceof Error ? cause.message : String(cause);
    return usage(
      `\`${file}\` cannot be written: ${reason}`,
      '`--junit` names a file in a folder that exists',
    );
  }
}

/** The family's images first, in its order, then the others as they were given. */
async function findTargets(
  context: CliContext,
  workplace: Workplace,
  info: EngineInfo,
  names: readonly string[],
  options: SmokeOptions,
): Promise<Result<readonly SmokeTarget[], readonly Diagnostic[]>> {
  const targets: SmokeTarget[] = [];
  let rest = names;
  if (mayBeFamilys(names) && hasRepository(options.directory, context.cwd)) {
    const directory = findRepository(options.directory, context.cwd);
    const family = await readCheckedFamily(context, directory);
    if (!family.ok) return family;
    const theirs = familyNames(names, family.value);
    if (theirs.length > 0) {
      const found = await familyTargets(context, workplace, family.value, theirs, options);
      if (!found.ok) return found;
      targets.push(...found.value);
    }
    rest = names.filter((name) => !theirs.includes(name));
  }
  const mistakes: Diagnostic[] = [];
  for (const reference of new Set(rest)) {
    const found = await referenceTarget(context, workplace, info, reference, options);
    if (found.ok) targets.push(found.value);
    else mistakes.push(found.error);
  }
  return mistakes.length > 0 ? err(mistakes) : ok(targets);
}

/** Several at once, each with processors of its own; what is shown comes in the order of the targets. */
async function judgeAll(
  context: CliContext,
  workplace: Workplace,
  info: EngineInfo,
  runId: string,
  targets: readonly SmokeTarget[],
  options: SmokeOptions,
): Promise<readonly (Judged | Unjudged)[]> {
  const screen = screenOf(context.stdout, context.env);
  const status = new StatusLine(screenOf(context.stderr, context.env));
  const write = options.json ? (text: string): void => void context.stdout.write(text) : screen.write;
  const turns = new InTurn((text) => status.above(() => write(text)));
  const limit = pLimit(Math.max(1, info.cpus));
  const results = await Promise.all(
    targets.map((target, at) => {
      const page = turns.page();
      if (at > 0 && !options.json) page.write('\n');
      return limit(async () => {
        const { name } = target.request;
        const result = await judgeOne(context, workplace, runId, target, options, {
          write: page.write,
          onStart: (what) => status.set(name, what),
        });
        status.set(name, undefined);
        page.end();
        return result;
      });
    }),
  );
  const verdicts = results.flatMap((result) => ('verdict' in result ? [result.verdict] : []));
  if (!options.json && verdicts.length > 1) screen.write(`\n${renderVerdicts(verdicts, screen)}`);
  return results;
}

async function judgeOne(
  context: CliContext,
  { engine }: Workplace,
  runId: string,
  { request, because, digest, record }: SmokeTarget,
  { json, keep, clause, profile, check }: SmokeOptions,
  { write, onStart }: { readonly write: Write; onStart(what: string): void },
): Promise<Judged | Unjudged> {
  const { signal } = context;
  const { name: image, tier = 'gate', resources } = request;
  const screen = screenOf(context.stdout, context.env);
  const texts = allClauses();
  const { memory = defaultMemory, cpu = defaultCpu } = resources;
  if (!json)
    write(renderAnnouncement({ image, profile: request.profile, because, tier, memory, cpu }, screen));
  const asked = clause === undefined ? {} : { clauses: clause };
  const judged = await smokeImage(
    engine,
    { ...request, runId, keep, ...asked },
    (result) => {
      if (!json) write(renderClause(result, texts.get(result.id), screen));
    },
    signal,
    onStart,
  );
  if (!judged.ok) {
    if (!signal.aborted) await tell(context, [engineDiagnostic(judged.error)]);
    const unjudged = { image, error: judged.error.message };
    if (json) write(smokeLine(unjudged));
    return unjudged;
  }
  const verdict = judged.value;
  // A part of the contract, or something else than the files ask for, says nothing of what the record is about.
  if (record !== undefined && clause === undefined && profile === undefined && check === undefined) {
    const recorded = await recordVerdict(engine.images, record.directory, record.keys, verdict, signal);
    if (!recorded.ok) await tell(context, [engineDiagnostic(recorded.error)]);
  }
  const result = { verdict, digest };
  write(json ? smokeLine(result) : `${renderVerdict(verdict, clause, screen)}`);
  return result;
}
