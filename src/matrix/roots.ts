/** Images from outside: the roots that ours start from, and the mirrors that are copied as they are. */
import { parseReference } from '../../registry/reference.ts';
import { imageNameHelp, isImageName } from './check.ts';
import type { Check } from './check.ts';
import type { Lock, LockedImage, Mirror, Root } from './image-set.ts';
import type { MatrixFile } from './schema.ts';
import { invalidReference, usageError, usageWarning } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** The roots with the digests that the lock names. */
export function readRoots(check: Check, roots: MatrixFile['roots'], lock: Lock): readonly Root[] {
  const first = new Map<string, YamlPath>();
  return Object.entries(roots ?? {}).map(([name, root]) => {
    const path = ['roots', name];
    const from = [...path, 'from'];
    checkReference(check, from, root.from);
    const earlier = first.get(root.from);
    if (earlier !== undefined) {
      const notes = [{ message: 'the other root', span: check.source.valueSpan(earlier) }];
      const message = `two roots stand for \`${root.from}\``;
      check.findings.add(usageError('duplicate-root', message, check.source.valueSpan(from), { notes }));
    } else first.set(root.from, from);
    if (root.bootstrap !== undefined && !/^[a-z][a-z0-9.-]*$/.test(root.bootstrap.debian)) {
      const span = check.source.valueSpan([...path, 'bootstrap', 'debian']);
      const message = `\`${root.bootstrap.debian}\` is no name of a Debian suite`;
      check.findings.add(usageError('invalid-value', message, span, { help: 'for example `trixie`' }));
    }
    return {
      name,
      from: root.from,
      digest: digestFor(check, from, root.from, name, lock.roots[name]),
      bootstrap: root.bootstrap,
      span: check.source.keySpan(path),
    };
  });
}

/** The mirrors among the definitions, with the digests that the lock names. */
export function readMirrors(check: Check, images: MatrixFile['images'], lock: Lock): readonly Mirror[] {
  return Object.entries(images).flatMap(([name, definition]) => {
    if (!('mirror' in definition)) return [];
    const span = check.source.keySpan(['images', name]);
    const path = ['images', name, 'mirror'];
    checkReference(check, path, definition.mirror);
    if (!isImageName(name)) {
      const message = `\`${name}\` cannot be an image's name`;
      check.findings.add(usageError('invalid-name', message, span, { help: imageNameHelp(name) }));
    }
    const digest = digestFor(check, path, definition.mirror, name, lock.mirrors[name]);
    return [{ name, from: definition.mirror, digest, span }];
  });
}

/** A digest counts for the reference that it was locked for: another one is open until `build lock`. */
function digestFor(
  check: Check,
  path: YamlPath,
  from: string,
  name: string,
  locked: LockedImage | undefined,
): string | undefined {
  if (locked === undefined || locked.from === undefined || locked.from === from) return locked?.digest;
  check.findings.add(
    usageWarning(
      'lock-behind',
      `matrix.lock has a digest of \`${locked.from}\`, not of \`${from}\``,
      check.source.valueSpan(path),
      { help: `run \`build lock ${name}\`; until then each run takes what it finds` },
    ),
  );
  return undefined;
}

function checkReference(check: Check, path: YamlPath, text: string): void {
  const reference = parseReference(text);
  if (reference.kind === 'reference') return;
  check.findings.add(invalidReference(reference, check.source.valueSpan(path)));
}
