/** Groups: names for several images, which may name each other. */
import type { DiagnosticNote } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import type { Check } from './check.ts';
import type { Image } from './image-set.ts';
import { usageError } from './usage-error.ts';

type Groups = Readonly<Record<string, readonly string[]>>;

/** What a group's member may name besides other groups. */
export interface GroupMembers {
  readonly images: readonly Image[];
  /** Every name under `images:`, those with errors of their own included. */
  readonly definitions: ReadonlySet<string>;
  readonly mirrors: ReadonlySet<string>;
  /** False where some images are not known because of other errors; then nobody is called unknown. */
  readonly complete: boolean;
}

/** Expands the groups to image names in the family's order. `default` is, unless written, all but the builders. */
export function readGroups(
  check: Check,
  groups: Groups,
  members: GroupMembers,
): ReadonlyMap<string, readonly string[]> {
  checkMembers(check, groups, members);
  const cycles = cyclesOf(groups);
  for (const cycle of cycles) reportCycle(check, groups, cycle);
  const published = members.images.filter((image) => image.kind !== 'builder').map((image) => image.name);
  const all: Groups = { default: published, ...groups };
  const expanded = new Map<string, readonly string[]>();
  if (cycles.length > 0) return expanded;
  for (const name of Object.keys(all)) {
    const wanted = leavesOf(all, name);
    const chosen = members.images.filter((image) => wanted.has(image.name) || wanted.has(image.definition));
    expanded.set(
      name,
      chosen.map((image) => image.name),
    );
  }
  return expanded;
}

function checkMembers(check: Check, groups: Groups, members: GroupMembers): void {
  const imageNames = new Set(members.images.map((image) => image.name));
  const known = new Set([...imageNames, ...members.definitions, ...Object.keys(groups), 'default']);
  if (groups['default'] === undefined && (imageNames.has('default') || members.definitions.has('default'))) {
    const span = check.source.keySpan(['images', 'default']);
    check.findings.add(
      usageError('reserved-name', '`default` is the group that a command without names takes', span, {
        help: 'choose another name for the image',
      }),
    );
  }
  for (const [group, names] of Object.entries(groups)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(group)) {
      const message = `\`${group}\` cannot be a group's name`;
      check.findings.add(
        usageError('invalid-name', message, check.source.keySpan(['groups', group]), {
          help: 'letters, digits, `.`, `_` and `-`, beginning with a letter or digit',
        }),
      );
    }
    if (imageNames.has(group) || members.definitions.has(group)) {
      const notes = [{ message: 'the image', span: check.source.keySpan(['images', group]) }];
      const message = `a group and an image are both called \`${group}\``;
      check.findings.add(
        usageError('duplicate-name', message, check.source.keySpan(['groups', group]), { notes }),
      );
    }
    for (const [index, name] of names.entries()) {
      const span = check.source.valueSpan(['groups', group, index]);
      if (members.mirrors.has(name)) {
        check.findings.add(
          usageError('unknown-image', `\`${name}\` is a mirror; a group holds images that are built`, span),
        );
      } else if (!known.has(name) && members.complete) {
        check.findings.add(
          usageError('unknown-image', `no image, definition or group is called \`${name}\``, span, {
            help: didYouMean(name, known),
          }),
        );
      }
    }
  }
}

function leavesOf(groups: Groups, name: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(name)) return new Set();
  seen.add(name);
  const leaves = (groups[name] ?? []).map((member) =>
    Object.hasOwn(groups, member) ? leavesOf(groups, member, seen) : new Set([member]),
  );
  return new Set(leaves.flatMap((each) => [...each]));
}

/** Every cycle once, turned so that it begins with its first name in code-unit order. */
function cyclesOf(groups: Groups): readonly (readonly string[])[] {
  const cycles = new Map<string, readonly string[]>();
  const finished = new Set<string>();
  function walk(name: string, trail: readonly string[]): void {
    const at = trail.indexOf(name);
    if (at >= 0) {
      const cycle = turned(trail.slice(at));
      cycles.set(cycle.join('\n'), cycle);
      return;
    }
    if (finished.has(name)) return;
    const next = (groups[name] ?? []).filter((member) => Object.hasOwn(groups, member));
    for (const member of next.toSorted((a, b) => (a < b ? -1 : 1))) walk(member, [...trail, name]);
    finished.add(name);
  }
  for (const name of Object.keys(groups).toSorted((a, b) => (a < b ? -1 : 1))) walk(name, []);
  return [...cycles.values()];
}

function turned(cycle: readonly string[]): readonly string[] {
  const first = cycle.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? '';
  const at = cycle.indexOf(first);
  return [...cycle.slice(at), ...cycle.slice(0, at)];
}

function reportCycle(check: Check, groups: Groups, cycle: readonly string[]): void {
  const steps = cycle.map((name, at) => {
    const next = cycle[(at + 1) % cycle.length] ?? name;
    return { name, next, span: check.source.valueSpan(['groups', name, (groups[name] ?? []).indexOf(next)]) };
  });
  const trail = [...cycle, cycle[0]].map((name) => `\`${name}\``).join(' → ');
  const notes: readonly DiagnosticNote[] = steps
    .slice(1)
    .map(({ name, next, span }) => ({ message: `\`${name}\` names \`${next}\``, span }));
  check.findings.add(
    usageError('group-cycle', `groups go round in a circle: ${trail}`, steps[0]?.span, { notes }),
  );
}
