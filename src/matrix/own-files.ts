/** What is written into a user's repository by us: part of no context, and no edit of theirs. Pure. */

/** By their paths from the repository's root; a folder with all that lies in it. */
export const ownFiles: readonly string[] = ['.hubwright', 'release.json'];

/** Whether a path from the repository's root, as git or a person writes it, is one of those. */
export function isOwnFile(file: string): boolean {
  return ownFiles.some((own) => file === own || file.startsWith(`${own}/`));
}
