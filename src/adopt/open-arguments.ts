/**
 * Arguments that a Dockerfile uses and gives no value: whatever built it until now may have handed one over, and
 * without it the build goes on with an empty text. Pure.
 */
import { proxyArgs } from '../graph/graph-diagnostics.ts';
import { isDrawnOn } from './fill-arguments.ts';
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';

/** What BuildKit gives a value by itself, or takes for itself. */
const given = /^(?:(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|SOURCE_DATE_EPOCH|BUILDKIT_\w+)$/;

/** Names that stages declare or a FROM draws on, and neither a default in the file nor `args` gives a value; in the file's order. */
export function openArguments(
  dockerfile: ParsedDockerfile,
  args: Readonly<Record<string, unknown>>,
): readonly string[] {
  const { globalArgs, stages } = dockerfile;
  const declared = [
    ...globalArgs.filter(({ name }) => isDrawnOn(dockerfile, name)),
    ...stages.flatMap((stage) => stage.args),
  ];
  const valued = new Set(
    [...globalArgs, ...declared].flatMap(({ name, defaultText }) =>
      defaultText === undefined ? [] : [name],
    ),
  );
  const names = new Set(declared.map(({ name }) => name));
  return [...names].filter(
    (name) => !valued.has(name) && !given.test(name) && !proxyArgs.has(name) && !Object.hasOwn(args, name),
  );
}
