/**
 * Holds back what the deep tier refused from a run that publishes by the gate alone: the night would keep it back, and
 * the day would not know. Why so, and why no more: docs/decisions/0016-deep-refusals.md.
 */
import type { GraphNode } from '../graph/image-graph.ts';
import { verdictKey } from '../key/verdict-key.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { deepRefusal, readVerdict } from './kept-verdict.ts';
import { done, failed, type RunContext, type StageResult } from './run-context.ts';
import { deepContractOf } from './smoke-contract.ts';

/** Fails an image that is to be published and that the deep tier, as it asks today, refused here. */
export async function holdRefused(
  { drawn, options }: RunContext,
  { name, key, action }: PlanEntry,
  { image }: GraphNode,
): Promise<StageResult<void>> {
  const publishes = options.push && options.until === undefined && action !== 'reuse';
  if (!publishes || options.tier === 'deep' || image.kind === 'builder') return done(undefined);
  const kept = await readVerdict(drawn.set.directory, name);
  const refusal = kept === undefined ? undefined : deepRefusal(kept);
  // With other waivers, or under a newer contract, it was another question.
  if (refusal?.verdictKey !== verdictKey(key, deepContractOf(image))) return done(undefined);
  const { clauses } = refusal;
  const day = new Date(refusal.judgedAt).toISOString().slice(0, 10);
  const what = clauses.map(({ id, title }) => `${id} ${title}`).join('; ');
  const message = `the deep tier refused it on ${day} (${what}), and this run asks the gate alone: \`--deep\` asks again`;
  return failed({ message, blame: 'image', clauses, tail: [] });
}
