/** `build smoke --family`: the family as its users meet it, from login to logout, in a headless browser. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Image } from '../matrix/image-set.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { renderStep, renderStory } from '../report/story-report.ts';
import { newRunId } from '../run/abandoned-runs.ts';
import { findChromium } from '../smoke/family/chromium.ts';
import { smokeFamily } from '../smoke/family/smoke-family.ts';
import { screenOf, type CliContext } from './context.ts';
import { openRepository } from './open-repository.ts';
import { keptThings, SmokeRun } from './smoke-run.ts';
import { familyTargets } from './smoke-targets.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface SmokeFamilyOptions {
  readonly directory?: string;
  readonly course?: string;
  readonly json: boolean;
  readonly keep: boolean;
}

/** Names of the family's images that the story needs. */
export interface Cast {
  readonly hub: string;
  readonly proxy: string;
  readonly database: string;
  readonly nfs: string | undefined;
  readonly student: string;
  readonly instructor: string;
  readonly course: string;
}

export async function smokeFamilyCommand(
  context: CliContext,
  options: SmokeFamilyOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const chromium = findChromium(context.env['PATH']);
  if (chromium === undefined) return await tell(context, [noChromium]);
  const repository = await openRepository(context, options);
  if (!repository.ok) return await tell(context, repository.error);
  const { directory, family, secrets } = repository.value;
  const cast = castOf(family.set.images, options.course);
  if (!cast.ok) return await tell(context, [cast.error]);
  await using workplace = openWorkplace(context);
  const images = await imagesOf(context, workplace, family, cast.value);
  if (!images.ok) return await tell(context, images.error);

  const runId = newRunId();
  const pictures = path.join(directory, '.hubwright', 'runs', runId);
  await mkdir(pictures, { recursive: true });
  await using run = await SmokeRun.open(workplace.engine, context.env, runId, signal);
  const screen = screenOf(context.stdout, context.env);
  const played = await smokeFamily(
    workplace.engine,
    {
      images: images.value,
      course: cast.value.course,
      secrets,
      runId: run.id,
      pictures,
      chromium,
      keep: options.keep,
    },
    (step) => {
      if (!options.json) screen.write(renderStep(step, screen));
    },
    signal,
  );
  if (signal.aborted) return exitCode.interrupted;
  if (!played.ok) return await tell(context, [engineDiagnostic(played.error)]);
  if (options.json) context.stdout.write(`${JSON.stringify(played.value)}\n`);
  else screen.write(renderStory(played.value, screen));
  const messages = screenOf(context.stderr, context.env);
  messages.write(`pictures: ${path.relative(context.cwd, pictures) || '.'}\n`);
  if (options.keep) messages.write(await keptThings(workplace.engine, run.id, signal));
  return played.value.passed ? exitCode.ok : exitCode.imageFailed;
}

/**
 * Chooses by kind; the course is the one named, else the first that has an image for students and one for
 * instructors. What is missing is told as a mistake.
 */
export function castOf(images: readonly Image[], course: string | undefined): Result<Cast, Diagnostic> {
  const first = (kind: Image['kind']): string | undefined =>
    images.find((image) => image.kind === kind)?.name;
  const inRole = (role: string, ofCourse: string | undefined): string | undefined =>
    images.find(({ axes }) => axes['role'] === role && axes['course'] === ofCourse)?.name;
  const chosen =
    course ??
    images.find(
      ({ axes }) => axes['role'] === 'student' && inRole('instructor', axes['course']) !== undefined,
    )?.axes['course'];
  const [hub, proxy, database] = [first('hub'), first('proxy'), first('database')];
  const [student, instructor] = [inRole('student', chosen), inRole('instructor', chosen)];
  if (!hub || !proxy || !database) {
    const missing = Object.entries({ hub, proxy, database }).flatMap(([kind, name]) => (name ? [] : [kind]));
    return err(usage(`the family has no image of kind ${missing.join(', ')}`, 'the story needs all three'));
  }
  if (!chosen || !student || !instructor) {
    return err(
      usage(
        course === undefined
          ? 'no course has an image for the role student and one for the role instructor'
          : `\`${course}\` has no image for the role student, or none for the role instructor`,
        'the axes `course` and `role` tell them: see `course` in docs/matrix.md',
      ),
    );
  }
  return ok({ hub, proxy, database, nfs: first('nfs'), student, instructor, course: chosen });
}

/** Local references of exactly these images; those that were not built are told. */
async function imagesOf(
  context: CliContext,
  workplace: Parameters<typeof familyTargets>[1],
  family: Parameters<typeof familyTargets>[2],
  cast: Cast,
) {
  const { hub, proxy, database, nfs, student, instructor } = cast;
  const names = [hub, proxy, database, student, instructor, ...(nfs === undefined ? [] : [nfs])];
  const targets = await familyTargets(context, workplace, family, names, { deep: false });
  if (!targets.ok) return targets;
  const reference = (name: string): string => {
    const found = targets.value.find(({ request }) => request.name === name);
    if (found === undefined) throw new Error(`no target for ${name}`);
    return found.request.reference;
  };
  return ok({
    hub: reference(hub),
    proxy: reference(proxy),
    database: reference(database),
    student: reference(student),
    instructor: reference(instructor),
    ...(nfs === undefined ? {} : { nfs: reference(nfs) }),
  });
}

const noChromium: Diagnostic = {
  category: 'environment',
  severity: 'error',
  code: 'no-chromium',
  message: '`build smoke --family` opens JupyterLab in Chromium, which this machine does not have',
  help: '`build setup --browser` installs Debian’s, as does `apt-get install chromium`',
};
