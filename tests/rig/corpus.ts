/**
 * Judges the images of a corpus table and says where the judge and the table disagree. Images are made from the
 * reference family's, several at a time, and go with the corpus; what an image is to be refused for is the table's.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { listContext } from '../../src/key/context-listing.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { ClauseText } from '../../src/smoke/contract/clause.ts';
import { scenes } from '../../src/smoke/contract/profiles.ts';
import { smokeImage } from '../../src/smoke/smoke-image.ts';
import type { Profile, Verdict } from '../../src/smoke/verdict.ts';
import type { CorpusRow } from './corpus-table.ts';
import { valueOf } from './engine.ts';
import { FaultyImages } from './faulty-images.ts';
import { tagAsForeign } from './foreign-image.ts';
import { requestFor } from './judge.ts';
import { Turns } from './turns.ts';

/** In one process; two test files run side by side, and more rows of each starve each other on two cores that are busy. */
const together = { atLeast: 3, atMost: 6 };
/** Rows that say so are waited for, and need a processor for their start alone: as many besides. */
const waitingTogether = { atLeast: 5, atMost: 8 };

/** Judging goes on past a test that gave up waiting; nothing of it may outlive the suite for long. */
const patienceMs = 600_000;

export class Corpus implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #family: ReadonlyMap<string, string>;
  readonly #images: FaultyImages;
  /** What `bare` rows stand on, by the reference that it is made of. */
  readonly #bare = new Map<string, Promise<string>>();
  readonly #busy = new Turns(together);
  readonly #waiting = new Turns(waitingTogether);

  /** `family`: local references of the images that recipes stand on, by name. */
  constructor(engine: Engine, family: ReadonlyMap<string, string>, purpose: string) {
    this.#engine = engine;
    this.#family = family;
    this.#images = new FaultyImages(engine, `corpus-${purpose}`);
  }

  /** Builds one image and judges it as a run would; trouble of the engine's throws. */
  judge(row: CorpusRow): Promise<Verdict> {
    const turns = row.waits ? this.#waiting : this.#busy;
    return turns.run(async () => {
      const reference = row.image ?? (await this.#build(row));
      const { signal } = new AbortController();
      if (row.architecture !== undefined) {
        const made = valueOf(await this.#engine.images.inspect(reference, signal));
        await tagAsForeign(made, reference, row.architecture);
      }
      const [details, info] = await Promise.all([
        this.#engine.images.inspect(reference, signal),
        this.#engine.info(signal),
      ]);
      const { architecture, size, id } = valueOf(details);
      const proxy = this.#family.get('proxy');
      const request = requestFor(reference, {
        name: row.name,
        imageId: id,
        profile: row.profile,
        tier: row.tier,
        size,
        architecture: { image: architecture, node: valueOf(info).architecture },
        ...(row.alone ? { clauses: ownClauses(row.profile) } : {}),
        resources: row.memory === undefined ? {} : { memory: row.memory },
        ...(row.maxSize === undefined ? {} : { maxSize: row.maxSize }),
        ...(proxy === undefined ? {} : { companions: { proxy } }),
      });
      return valueOf(await smokeImage(this.#engine, request, () => {}, AbortSignal.timeout(patienceMs)));
    });
  }

  async #build(row: CorpusRow): Promise<string> {
    const args = Object.fromEntries(
      [...this.#family].map(([name, reference]) => [name.toUpperCase().replaceAll('-', '_'), reference]),
    );
    if (row.dockerfile === undefined) {
      const from = this.#family.get(row.from);
      if (from === undefined) throw new Error(`${row.name} stands on ${row.from}, which is not at hand`);
      const root = row.bare ? await this.#bareOf(row.from, from) : from;
      return this.#images.build(row.name, `FROM ${root}\n${row.recipe ?? ''}\n`, { args });
    }
    const file = path.resolve(row.folder, row.dockerfile);
    const directory = path.dirname(file);
    const listed = await listContext(directory, file, AbortSignal.timeout(patienceMs));
    const context = { directory, entries: valueOf(listed) };
    return this.#images.build(row.name, await readFile(file, 'utf8'), { args, context });
  }

  #bareOf(name: string, reference: string): Promise<string> {
    const made = this.#bare.get(reference) ?? this.#images.build(`bare-${name}`, withoutStacks(reference));
    this.#bare.set(reference, made);
    return made;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#images[Symbol.asyncDispose]();
  }
}

/** These say something only where a machine has a GPU, which the corpus does not ask for. */
export const withGpu: readonly string[] = ['T9', 'T10', 'T11', 'T12'];

/** The gate's clauses of a profile that are not also those of every user's server, and need no GPU. */
function ownClauses(profile: Profile): readonly string[] {
  const others = new Set([...clausesOf('singleuser').map(({ id }) => id), ...withGpu]);
  return clausesOf(profile).flatMap(({ id, tier }) => (tier === 'gate' && !others.has(id) ? [id] : []));
}

function clausesOf(profile: Profile): readonly ClauseText[] {
  return scenes[profile].flatMap(({ clauses }) => clauses);
}

function withoutStacks(reference: string): string {
  const remove = 'RUN --network=none rm /usr/local/bin/start-notebook.sh /usr/local/bin/start-singleuser.sh';
  return `FROM ${reference}\nUSER root\n${remove}\nUSER 1000\nCMD ["jupyterhub-singleuser"]\n`;
}

/** Where the verdict is not what the table says, a line each with the judge's evidence; empty where they agree. */
export function disagreements(row: CorpusRow, verdict: Verdict): readonly string[] {
  const failed = verdict.clauses.filter(({ result }) => result === 'fail');
  const found: string[] = [];
  for (const id of row.fails) {
    if (failed.some((clause) => clause.id === id)) continue;
    const judged = verdict.clauses.find((clause) => clause.id === id);
    const said =
      judged === undefined ? 'is not among its clauses' : `${judged.result}: ${judged.evidence.join(' | ')}`;
    found.push(`${id} should have failed, and ${said}`);
  }
  for (const { id, severity, evidence } of failed) {
    const expected = row.fails.includes(id) || id in row.consequences;
    if (severity === 'must' && !expected) found.push(`${id} failed for no cause: ${evidence.join(' | ')}`);
  }
  for (const [id, words] of Object.entries(row.says)) {
    const clause = failed.find((each) => each.id === id);
    const told = [...(clause?.evidence ?? []), clause?.hint ?? ''].join('\n');
    if (!told.includes(words)) found.push(`${id} should have said \`${words}\`, and said: ${told}`);
  }
  const passes = row.fails.length === 0 || row.remark;
  if (verdict.passed !== passes) {
    found.push(verdict.passed ? 'it was let through' : 'it was refused, and can be used');
  }
  return found;
}
