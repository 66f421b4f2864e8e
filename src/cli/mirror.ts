/** `build mirror`: copies the family's mirrors into its own registry. */
import pLimit from 'p-limit';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { Mirror, ScanSettings } from '../matrix/image-set.ts';
import { readFamily } from '../plan/draw-plan.ts';
import { renderMirrors } from '../report/mirrors.ts';
import {
  holesDatabase,
  javaDatabase,
  mirrorDatabase,
  mirroredDatabase,
  type TrivyDatabase,
} from '../ship/mirror-database.ts';
import { mirrorImage } from '../ship/mirror-images.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface MirrorOptions {
  readonly directory?: string;
  /** The scanner's database, and of the mirrors only those that are named. */
  readonly trivyDb: boolean;
  /** The same with its database of Java archives' names. */
  readonly trivyJavaDb: boolean;
  readonly json: boolean;
}

/** Each copy reads and writes several blobs; more at once only wait for the same line. */
const atOnce = 3;

/** Mirrors all, or those that are named. 0 when all are there, 2 for a wrong name, 3 where a registry fails. */
export async function mirrorCommand(
  context: CliContext,
  names: readonly string[],
  options: MirrorOptions,
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const family = await readFamily(directory, context.env, context.signal);
  if (!family.ok) return await tell(context, family.error);
  await tell(context, family.value.warnings);
  const { mirrors, registry: target, scan } = family.value.set;
  const unknown = names.find((name) => !mirrors.some((mirror) => mirror.name === name));
  if (unknown !== undefined)
    return await tell(context, [usage(`there is no mirror \`${unknown}\``, knownMirrors(mirrors))]);
  if (target === undefined)
    return await tell(context, [
      usage(
        'there is nowhere to copy to: `registry:` in matrix.yaml is empty',
        'name one: `DOCKER_REGISTRY=…`, or `registry:`',
      ),
    ]);
  await using workplace = openWorkplace(context);
  const databases = chosenDatabases(options, scan);
  const isAll = names.length === 0 && databases.length === 0;
  const chosen = isAll ? mirrors : mirrors.filter(({ name }) => names.includes(name));
  const limit = pLimit(atOnce);
  const copied = await limit.map(chosen, (mirror) =>
    mirrorImage(mirror, target, workplace.registry, context.signal),
  );
  const outcomes = [...copied];
  for (const { database, places } of databases)
    outcomes.push(await mirrorDatabase(target, database, places, workplace.registry, context.signal));
  const screen = screenOf(context.stdout, context.env);
  if (options.json) context.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  else screen.write(renderMirrors(outcomes, screen));
  for (const { key, database, places } of options.json ? [] : databases) {
    const own = mirroredDatabase(target, database);
    const isThere = outcomes.some(({ to, result }) => to === own && result.kind !== 'failed');
    if (isThere && !places.includes(own))
      screen.write(`scans take it from there, once matrix.yaml says so:\n  scan: { ${key}: ["${own}"] }\n`);
  }
  return outcomes.some(({ result }) => result.kind === 'failed') ? exitCode.environment : exitCode.ok;
}

interface ChosenDatabase {
  readonly database: TrivyDatabase;
  /** The key of `scan` that names its places. */
  readonly key: 'databases' | 'javaDatabases';
  readonly places: readonly string[];
}

function chosenDatabases(
  { trivyDb, trivyJavaDb }: MirrorOptions,
  scan: ScanSettings | undefined,
): readonly ChosenDatabase[] {
  const holes = { database: holesDatabase, key: 'databases', places: scan?.databases ?? [] } as const;
  const java = { database: javaDatabase, key: 'javaDatabases', places: scan?.javaDatabases ?? [] } as const;
  return [...(trivyDb ? [holes] : []), ...(trivyJavaDb ? [java] : [])];
}

function knownMirrors(mirrors: readonly Mirror[]): string {
  if (mirrors.length === 0) return 'an image with `mirror: REFERENCE` under `images:` is one';
  return `there are ${mirrors.map(({ name }) => `\`${name}\``).join(', ')}`;
}
