/**
 * The YAML library, loaded with the first file that has to be parsed: it is 72 modules, and most runs read files that
 * were read before. As a CommonJS module, since a place in such a file may be asked for at any time, and at once.
 */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

let library: typeof Yaml | undefined;

/** The library; loads it the first time. */
export function yaml(): typeof Yaml {
  // What `require` answers has no type.
  library ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  return library;
}
