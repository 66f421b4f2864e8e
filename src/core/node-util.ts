/**
 * What we use of node:util. Imported as a module it would load what any of its exports needs, at every start (4 ms):
 * Node looks at each export of a module of its own that is imported, and some are only loaded when they are looked at.
 */
export const { isDeepStrictEqual, stripVTControlCharacters, styleText } =
  process.getBuiltinModule('node:util');
