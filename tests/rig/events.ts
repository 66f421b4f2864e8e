/** What tests ask of a run's events, as `build images --json` tells them. */
import type { ImageFailure, RunEvent } from '../../src/core/event.ts';

/** How each image ended; names without the workspace's prefix. */
export function outcomesOf(events: readonly RunEvent[], prefix: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    events.flatMap((event) =>
      event.kind === 'image-finished' ? [[event.image.replace(prefix, ''), event.outcome.kind]] : [],
    ),
  );
}

/** Why images failed, in the order in which they did. */
export function failuresOf(events: readonly RunEvent[]): readonly ImageFailure[] {
  return events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed' ? [event.outcome.failure] : [],
  );
}

/** Images in the order in which their builds began; names without the workspace's prefix. */
export function buildsOf(events: readonly RunEvent[], prefix: string): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'stage-started' && event.stage === 'build' ? [event.image.replace(prefix, '')] : [],
  );
}

/** What the run remarked. */
export function remarksOf(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === 'remark' ? [event.message] : []));
}
