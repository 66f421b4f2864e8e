/**
 * Which versions are taken: tags that never move, that would be given to an image now, and that name another one in the
 * registry already. Asked before anything is built, so that nobody waits for a build that has no name to go under.
 */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../registry/client.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { holdsKey } from '../matrix/fixed-tags.ts';
import { publishedReference } from '../matrix/naming.ts';
import type { DrawnPlan } from './draw-plan.ts';
import { tagsOf } from './image-tags.ts';
import { publishedDigest } from './remote-record.ts';

const concurrency = 16;
/** Of one version so many images are named. */
const named = 5;

interface Taken {
  readonly template: string;
  readonly name: string;
  readonly reference: string;
}

/** A diagnostic for each version that is taken; what holds a key is told of where it is given. */
export async function takenTags(
  { set, plan }: Pick<DrawnPlan, 'set' | 'plan'>,
  registry: Pick<RegistryClient, 'headManifest'>,
  severity: Diagnostic['severity'],
  signal: AbortSignal,
): Promise<Result<readonly Diagnostic[], Diagnostic>> {
  const target = set.registry;
  const templates = [...set.fixedTags].filter((template) => !holdsKey(template));
  if (target === undefined || templates.length === 0) return ok([]);
  const limit = pLimit(concurrency);
  const questions = plan.entries
    .filter(({ kind, action }) => kind !== 'builder' && action !== 'reuse')
    .flatMap((entry) => templates.map((template) => ({ entry, template })));
  const answers = await limit.map(questions, async ({ entry, template }) => {
    const { name, key, local, published } = entry;
    const [tag] = tagsOf({ ...set, tags: [template] }, name, key, local?.created);
    if (tag === undefined) return ok(undefined);
    const there = await publishedDigest(registry, target, name, tag, signal);
    if (!there.ok) return there;
    if (there.value === undefined || there.value === published?.digest) return ok(undefined);
    return ok({ template, name, reference: publishedReference(target, name, tag) });
  });
  const taken: Taken[] = [];
  for (const answer of answers) {
    if (!answer.ok) return err(answer.error);
    if (answer.value !== undefined) taken.push(answer.value);
  }
  return ok(
    templates.flatMap((template) => {
      const images = taken.filter((each) => each.template === template);
      return images.length === 0 ? [] : [describeTaken(template, images, severity)];
    }),
  );
}

function describeTaken(
  template: string,
  images: readonly Taken[],
  severity: Diagnostic['severity'],
): Diagnostic {
  const [first] = images;
  if (first === undefined) throw new Error('nothing is taken');
  const others = images.slice(1, named).map(({ name }) => name);
  const rest = images.length > named ? `, and ${images.length - named} more` : '';
  const also = others.length === 0 ? '' : `; so do those of ${others.join(', ')}${rest}`;
  return {
    category: 'usage',
    severity,
    code: 'tag-taken',
    message: `\`${template}\` never moves, and \`${first.reference}\` names another image than this one${also}`,
    help: `count it up (\`IMG_VERSION\`); or let it move, in matrix.yaml: \`tags: [{ tag: "${template}", moves: true }]\``,
  };
}
