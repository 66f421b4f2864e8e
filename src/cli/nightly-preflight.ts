/**
 * What a night will need to ship what it publishes: pools, the image that pauses, a kubeconfig, Helm values. What is
 * wrong with them is told before anything is built. Asks no cluster: whether that answers is known when it is needed.
 */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Release } from '../run/schema.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { CliContext } from './context.ts';
import type { NightlyShipping } from './nightly-shipping.ts';
import { openRelease } from './open-release.ts';
import { usage } from './tell.ts';

/** What is wrong with what the night is to ship by; `base` is the plan of what it may publish. */
export async function shippingTrouble(
  context: CliContext,
  base: DrawnPlan,
  options: NightlyShipping,
): Promise<readonly Diagnostic[]> {
  return [
    ...(options.prepull ? await prepullTrouble(context, base, options) : []),
    ...(await valuesTrouble(context, options.values ?? [])),
  ];
}

/** Options that say how to prepull, where nobody asked for it. */
export function idleOptions({
  prepull,
  pool,
  pause,
  kubeconfig,
  context,
}: NightlyShipping): readonly Diagnostic[] {
  if (prepull) return [];
  const given = Object.entries({ pool, pause, kubeconfig, context }).filter(
    ([, value]) => value !== undefined,
  );
  return given.map(([name]) =>
    usage(`\`--${name}\` goes with \`--prepull\``, 'add `--prepull` to bring the release to the nodes'),
  );
}

async function prepullTrouble(
  context: CliContext,
  { set, plan }: DrawnPlan,
  { pool, pause, kubeconfig, context: named }: NightlyShipping,
): Promise<readonly Diagnostic[]> {
  const [{ choosePools }, { lackingImages }, { connectCluster }] = await Promise.all([
    import('./prepull-lists.ts'),
    import('../ship/prepull/pull-list.ts'),
    import('../ship/kubernetes/connect.ts'),
  ]);
  const pools = choosePools(set.pools, pool ?? []);
  const before = await openRelease(context, set.directory, { set });
  const images: Release['images'] = before.ok ? before.value.images : [];
  const released = new Set([...images, ...plan.entries].map(({ name }) => name));
  const lacking = pools.ok
    ? pools.value.flatMap((each) => lackingImages(each, released, { set, pause }))
    : pools.error;
  const file = kubeconfig === undefined ? undefined : path.resolve(context.cwd, kubeconfig);
  const cluster = await connectCluster({ kubeconfig: file, context: named, env: context.env });
  // Every pool wants the same image to pause.
  const once = lacking.filter(
    (each, at) => lacking.findIndex(({ message }) => message === each.message) === at,
  );
  return [...once, ...(cluster.ok ? [] : [cluster.error])];
}

async function valuesTrouble({ cwd }: CliContext, names: readonly string[]): Promise<readonly Diagnostic[]> {
  if (names.length === 0) return [];
  const { openValues, writingTrouble } = await import('../ship/values/values-files.ts');
  const troubles: Diagnostic[] = [];
  for (const name of new Set(names)) {
    const opened = openValues(name, cwd);
    const trouble = opened.ok ? await writingTrouble(name, cwd) : undefined;
    troubles.push(...(opened.ok ? [] : opened.error), ...(trouble === undefined ? [] : [trouble]));
  }
  return troubles;
}
