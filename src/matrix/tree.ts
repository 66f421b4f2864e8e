/**
 * What the matrix says, held against the files on the disk: contexts, Dockerfiles, paths that leave the
 * repository through a symbolic link. Reads no file's content.
 */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import type { SourceSpan } from '../core/diagnostic.ts';
import type { CourseRepository } from './axes.ts';
import type { Check, Findings } from './check.ts';
import type { PlannedImage } from './definition.ts';
import type { Image } from './image-set.ts';
import { pathHelp } from './repository-path.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

export type Place = 'file' | 'folder' | 'other' | 'missing' | 'outside' | 'unreadable';

/**
 * The repository's tree; asks the disk once for each path. It does so synchronously: of the folders of 5,000 courses
 * that takes a tenth of the time that promises take.
 */
export class Tree {
  readonly #directory: string;
  readonly #places = new Map<string, Place>();
  #root: string | undefined;

  /** `directory`: absolute path of the repository's root. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What lies at a relative path, symbolic links followed. */
  placeOf(path: string): Place {
    const known = this.#places.get(path);
    if (known !== undefined) return known;
    const place = this.#look(path);
    this.#places.set(path, place);
    return place;
  }

  #look(path: string): Place {
    this.#root ??= realpathSync.native(this.#directory);
    const root = this.#root;
    const whole = join(root, path);
    try {
      // Much of what is looked for is not there, and an error is dear.
      if (lstatSync(whole, { throwIfNoEntry: false }) === undefined) return 'missing';
      const real = realpathSync.native(whole);
      if (real !== root && !real.startsWith(root === sep ? sep : root + sep)) return 'outside';
      const stats = statSync(real);
      if (stats.isFile()) return 'file';
      return stats.isDirectory() ? 'folder' : 'other';
    } catch (error) {
      return placeOfError(error);
    }
  }
}

function placeOfError(error: unknown): Place {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  // A loop of links and a name that is too long lead nowhere either.
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG')
    return 'missing';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EIO') return 'unreadable';
  throw error;
}

/** Looks at the courses' repositories that are said to lie in ours. */
export function checkRepositories(
  findings: Findings,
  repositories: readonly CourseRepository[],
  tree: Tree,
): void {
  for (const { folder, span } of repositories) {
    const place = tree.placeOf(folder);
    if (place !== 'folder') tellPlace(findings, place, folder, 'folder', span, 'missing-repository');
  }
}

/** Looks at every image's context and Dockerfile; a context that may be missing becomes an empty one. */
export function checkTree(check: Check, planned: readonly PlannedImage[], tree: Tree): readonly Image[] {
  return planned.map((each) => {
    const context = checkContext(check, each, tree);
    checkDockerfile(check, each, tree, context);
    return context === 'empty'
      ? { ...each.image, context: undefined, absentContext: each.context }
      : each.image;
  });
}

type ContextState = 'present' | 'empty' | 'wrong';

function checkContext(check: Check, planned: PlannedImage, tree: Tree): ContextState {
  const { context, contextFollowsFile, path } = planned;
  const place = tree.placeOf(context);
  if (place === 'missing' && contextFollowsFile) return 'empty';
  if (place !== 'folder') {
    const span = check.source.valueSpan([...path, 'context']);
    tellPlace(check.findings, place, context, 'folder', span, 'missing-context');
    return 'wrong';
  }
  if (contextFollowsFile) checkTeachersFiles(check, context, tree, [...path, 'context']);
  return 'present';
}

function checkTeachersFiles(check: Check, context: string, tree: Tree, at: YamlPath): void {
  for (const file of ['environment.yml', 'environment.yaml']) {
    const path = posix.join(context, file);
    if (tree.placeOf(path) === 'missing') continue;
    check.findings.add(
      usageError(
        'unsupported-file',
        `\`${path}\` is not read: courses install with pip, not with conda`,
        check.source.valueSpan(at),
        {
          help: `list its Python packages in \`${posix.join(context, 'requirements.txt')}\`, system packages in \`apt.txt\`, and remove it`,
        },
      ),
    );
  }
}

function checkDockerfile(check: Check, planned: PlannedImage, tree: Tree, context: ContextState): void {
  const { image, path } = planned;
  const given = check.source.has([...path, 'dockerfile']);
  // Without a folder there is no Dockerfile in it: one finding is enough.
  if (!given && context === 'wrong') return;
  const place = tree.placeOf(image.dockerfile);
  if (place === 'file') return;
  const span = check.source.valueSpan([...path, given ? 'dockerfile' : 'context']);
  tellPlace(check.findings, place, image.dockerfile, 'file', span, 'missing-dockerfile');
}

function tellPlace(
  findings: Findings,
  place: Place,
  path: string,
  wanted: 'file' | 'folder',
  span: SourceSpan,
  missingCode: string,
): void {
  if (place === 'outside') {
    const message = `\`${path}\` leaves the repository through a symbolic link`;
    findings.add(usageError('path-leaves-repository', message, span, { help: pathHelp() }));
  } else if (place === 'unreadable') {
    findings.add(usageError('unreadable-file', `\`${path}\` cannot be read`, span));
  } else if (place === 'missing') {
    const message = `the ${wanted} \`${path}\` does not exist`;
    findings.add({ ...usageError(missingCode, message, span), missing: path });
  } else {
    findings.add(usageError(missingCode, `\`${path}\` is not a ${wanted}`, span));
  }
}
