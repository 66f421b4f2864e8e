/** Real images of the reference family, for tests that need one as it is. */

/** The local reference of the family's `base`: the singleuser image that all others start from. */
export async function realBase(): Promise<string> {
  return 'base';
}
