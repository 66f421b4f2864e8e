/**
 * One night: asks what could move, tries it, writes down what stays, and publishes it. The locks move before the first
 * push: a night that is killed leaves each as it was, or as it should be, and what is missing in the registry then is
 * published by the next run. Prints nothing.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok } from '../core/result.ts';
import type { OutsideTools } from '../lock/outside-entries.ts';
import { freezeOn } from '../matrix/freeze.ts';
import type { DrawnPlan, Family } from '../plan/draw-plan.ts';
import { describeReason } from '../key/reasons.ts';
import type { RunReport } from '../run/execute-plan.ts';
import type { Finding } from '../scan/finding.ts';
import { dayTrouble, editedMeanwhile } from './guards.ts';
import { findMoves, tellMove, type Move } from './moves.ts';
import { PythonLocks, type LockingTools } from './python-locks.ts';
import { compareBytes, keepUnderKey, publishedImage } from './trial-bytes.ts';
import { lockStays } from './trial-ends.ts';
import { tryMoves, type Outcome, type Trials, type TrialTools } from './trials.ts';
import type { NightImage, NightSummary } from './verdicts.ts';

export interface NightOptions {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly names: readonly string[];
  readonly git: boolean;
  /** Whether Python locks move as well. */
  readonly python: boolean;
  readonly dryRun: boolean;
  /** Only images whose known holes a fresh build may mend: asks which those are, and the holes. Undefined: all. */
  readonly affected?: (base: DrawnPlan) => Promise<Outcome<ReadonlyMap<string, readonly Finding[]>>>;
}

export interface NightTools extends Omit<TrialTools, 'compare' | 'locks'>, LockingTools {
  readonly outside: Omit<OutsideTools, 'today'>;
  /** Opens what publishing and shipping will need, such as the key that is signed with: what is wrong with it is told before anything is built. */
  open(base: DrawnPlan): Promise<Outcome<void>>;
  /** Writes the locks with these moves made, each under a temporary name first; all of them, or none. */
  writeLocks(moves: readonly Move[]): Promise<Outcome<void>>;
  /** Publishes what passed. */
  publish(drawn: DrawnPlan): Promise<RunReport>;
}

export interface NightEnd {
  readonly summary: NightSummary;
  readonly warnings: readonly Diagnostic[];
  /** The last run's, where there was one. */
  readonly report: RunReport | undefined;
}

/** Lives through one night. An error means that the night ended by something outside, before anything moved or in the middle of publishing. */
export async function runNight(
  family: Family,
  options: NightOptions,
  tools: NightTools,
  signal: AbortSignal,
): Promise<Outcome<NightEnd>> {
  const { day } = options;
  const frozen = freezeOn(day, family.set.freeze);
  if (frozen !== undefined && !options.dryRun) {
    const summary = { version: 1, day, frozenUntil: frozen.last, moves: [], images: [], notes: [] } as const;
    return ok({ summary, warnings: [], report: undefined });
  }
  const wrongDay = dayTrouble(day, family.set.lock);
  if (wrongDay !== undefined) return err([wrongDay]);
  const base = await drawWithParents(options.names, tools);
  if (!base.ok) return base;
  const names = namesIn(base.value);
  const opened = await tools.open(base.value);
  if (!opened.ok) return opened;
  const found = await candidates(family, base.value, options, tools, signal);
  if (!found.ok) return found;
  const { moves, notes, troubles, holes } = found.value;
  const { dryRun, python } = options;
  const locks = python
    ? await PythonLocks.open(base.value, tools, { findings: holes, asIs: dryRun }, signal)
    : undefined;
  const pending = pendingImages(base.value);
  const head = {
    version: 1 as const,
    day,
    ...(frozen === undefined ? {} : { frozenUntil: frozen.last }),
  };
  if (dryRun) {
    const asked = await locksAsIs(base.value, locks);
    if (!asked.ok) return asked;
    const all = [...moves, ...asked.value.moves];
    const images = foreseen(base.value, pending, all);
    const more = { moves: all.map(tellMove), images, notes: [...notes, ...asked.value.notes] };
    return ok({ summary: { ...head, dryRun, ...more }, warnings: troubles, report: undefined });
  }
  const trialTools: TrialTools = {
    ...tools,
    compare: (drawn, name) => compareBytes(tools, base.value, drawn, name, signal),
    ...(locks === undefined ? {} : { locks }),
  };
  const trials = await tryMoves(trialTools, base.value, pending, moves);
  if (!trials.ok) return trials;
  const again = await tools.draw([], names, new Set());
  if (!again.ok) return again;
  const edited = editedMeanwhile(base.value, again.value);
  if (edited !== undefined) return err([edited]);
  const published = await publishAll(base.value, trials.value, pending, tools, signal);
  if (!published.ok) return published;
  const images = endOf(base.value, trials.value, pending, published.value);
  const summary: NightSummary = {
    ...head,
    moves: trials.value.moves.map(tellMove),
    images,
    notes: [...notes, ...partlyHeldBack(images, trials.value)],
  };
  return ok({ summary, warnings: troubles, report: published.value });
}

/** A night is about all that its images stand on: what moves there is published, and told. */
async function drawWithParents(names: readonly string[], tools: NightTools): Promise<Outcome<DrawnPlan>> {
  const drawn = await tools.draw([], names, new Set());
  if (!drawn.ok) return drawn;
  const all = namesIn(drawn.value);
  const isWhole = shownEntries(drawn.value).length === all.length;
  return isWhole ? drawn : await tools.draw([], all, new Set());
}

function namesIn({ plan }: DrawnPlan): readonly string[] {
  return plan.entries.filter(({ kind }) => kind !== 'builder').map(({ name }) => name);
}

interface Candidates {
  readonly moves: readonly Move[];
  readonly troubles: readonly Diagnostic[];
  readonly notes: readonly string[];
  /** The known holes that are to be mended, by image; undefined: whatever is new. */
  readonly holes: ReadonlyMap<string, readonly Finding[]> | undefined;
}

/** The moves of Python locks in what the engine has, as it is. */
async function locksAsIs(
  base: DrawnPlan,
  locks: PythonLocks | undefined,
): Promise<Outcome<Pick<Candidates, 'moves' | 'notes'>>> {
  const moves: Move[] = [];
  const notes: string[] = [];
  for (const { name } of base.plan.entries) {
    const answer = locks === undefined ? ok({ kind: 'same' as const }) : await locks.ask([], base, name);
    if (!answer.ok) return answer;
    if (answer.value.kind === 'moved') moves.push(answer.value.move);
    if (answer.value.kind === 'failed') notes.push(`${name}: ${lockStays(answer.value.why)}`);
  }
  return ok({ moves, notes });
}

async function candidates(
  family: Family,
  base: DrawnPlan,
  { day, git, affected }: NightOptions,
  tools: NightTools,
  signal: AbortSignal,
): Promise<Outcome<Candidates>> {
  const planned = base.plan.entries.map(({ name }) => name);
  let wanted = new Set(planned);
  const notes: string[] = [];
  const ill = affected === undefined ? ok(undefined) : await affected(base);
  if (!ill.ok) return ill;
  // A hole that a parent brings in is mended there.
  if (ill.value !== undefined)
    wanted = new Set([...ill.value.keys(), ...base.graph.ancestors(ill.value.keys())]);
  const absent = base.plan.entries.filter(({ kind, local }) => kind === 'builder' && local === undefined);
  for (const { name } of absent) {
    if (wanted.delete(name)) notes.push(`${name} is a builder that this machine never built: its day stays`);
  }
  const made = [...base.roots].filter(([, { source }]) => source === 'bootstrap').map(([root]) => root);
  const request = { images: wanted, epochs: wanted, git, made: new Set(made) };
  const { moves, troubles } = await findMoves(family, request, { ...tools.outside, today: day }, signal);
  const warnings = troubles.map((trouble): Diagnostic => ({ ...trouble, severity: 'warning' }));
  notes.push(...warnings.map(({ message }) => message));
  return ok({ moves, notes, troubles: warnings, holes: ill.value });
}

/** What waits to be published whatever the night finds: edits that nobody has published yet. */
function pendingImages({ plan }: DrawnPlan): ReadonlySet<string> {
  const waiting = plan.entries.filter(
    ({ action, selected, kind }) => selected && kind !== 'builder' && action !== 'reuse',
  );
  return new Set(waiting.map(({ name }) => name));
}

function foreseen(
  base: DrawnPlan,
  pending: ReadonlySet<string>,
  moves: readonly Move[],
): readonly NightImage[] {
  return shownEntries(base).map(({ name, reasons }): NightImage => {
    const because = [
      ...(pending.has(name) ? reasons.map(describeReason) : []),
      ...moves.filter(({ users }) => users.includes(name)).map(tellMove),
    ];
    return because.length > 0
      ? { name, state: 'would-try', because }
      : { name, state: 'same', thrownAway: false };
  });
}

function shownEntries({ plan }: DrawnPlan): DrawnPlan['plan']['entries'] {
  return plan.entries.filter(({ selected, kind }) => selected && kind !== 'builder');
}

/** Writes the lock, then everything that it promises. */
async function publishAll(
  base: DrawnPlan,
  trials: Trials,
  pending: ReadonlySet<string>,
  tools: NightTools,
  signal: AbortSignal,
): Promise<Outcome<RunReport | undefined>> {
  if (signal.aborted) return err([]);
  const { moves, drawn, verdicts } = trials;
  const written = moves.length > 0 ? await tools.writeLocks(moves) : ok(undefined);
  if (!written.ok) return written;
  const kept = shownEntries(drawn).flatMap(({ name }) =>
    verdicts.get(name)?.kind === 'equal' ? [name] : [],
  );
  for (const name of kept) {
    const named = await keepUnderKey(tools, base, drawn, name, signal);
    if (!named.ok) return named;
  }
  const names = newImages(trials, pending);
  if (names.length + kept.length === 0) return ok(undefined);
  // What is kept under another key is signed, scanned and released under that one.
  const last = await tools.draw([], [...names, ...kept], new Set(names));
  return last.ok ? ok(await tools.publish(last.value)) : last;
}

/** Images that passed and are another than what is published; an edit that nobody published is one whatever the night moved. */
function newImages({ drawn, verdicts }: Trials, pending: ReadonlySet<string>): readonly string[] {
  const names = shownEntries(drawn).map(({ name }) => name);
  return names.filter((name) => {
    const verdict = verdicts.get(name);
    return verdict === undefined ? pending.has(name) : verdict.kind === 'changed';
  });
}

/** Of images that changed all the same: what of them stays, and why. */
function partlyHeldBack(images: readonly NightImage[], { heldBack, heldLocks }: Trials): readonly string[] {
  return images.flatMap(({ name, state }) => {
    const [why, lock] = [heldBack.get(name), heldLocks.get(name)];
    if (state !== 'changed') return [];
    return [
      ...(why === undefined ? [] : [`${name} keeps its day, for with a new one ${why}`]),
      ...(lock === undefined ? [] : [`${name}: ${lock}`]),
    ];
  });
}

/** What the night came to, for each image that people use. */
function endOf(
  base: DrawnPlan,
  trials: Trials,
  pending: ReadonlySet<string>,
  report: RunReport | undefined,
): readonly NightImage[] {
  const isNew = new Set(newImages(trials, pending));
  return shownEntries(trials.drawn).map(({ name, parents }): NightImage => {
    const verdict = trials.verdicts.get(name);
    const heldBack = trials.heldBack.get(name) ?? trials.heldLocks.get(name);
    const outcome = report?.outcomes.get(name);
    if (isNew.has(name) && outcome?.kind === 'failed')
      return { name, state: 'held-back', why: `${outcome.stage} failed: ${outcome.failure.message}` };
    if (isNew.has(name) && outcome?.kind === 'blocked')
      return { name, state: 'held-back', why: `it stands on ${outcome.culprit}, which is held back` };
    if (heldBack !== undefined && verdict?.kind !== 'changed')
      return { name, state: 'held-back', why: heldBack };
    if (!isNew.has(name)) return { name, state: 'same', thrownAway: trials.thrownAway.has(name) };
    const entry = base.plan.entries.find((each) => each.name === name);
    const from = publishedImage(base, entry)?.split('@')[1];
    const to = report?.published.get(name)?.digest;
    // It only lacked a tag, or a check.
    if (to !== undefined && from === to)
      return { name, state: 'same', thrownAway: trials.thrownAway.has(name) };
    return {
      name,
      state: 'changed',
      because: [
        ...(pending.has(name) ? (entry?.reasons ?? []).map(describeReason) : []),
        ...trials.moves.filter(({ users }) => users.includes(name)).map(tellMove),
        ...parents
          .filter((parent) => trials.verdicts.get(parent)?.kind === 'changed')
          .map((parent) => `${parent} changed`),
      ],
      difference: verdict?.kind === 'changed' ? verdict.difference : undefined,
      from,
      to,
    };
  });
}
