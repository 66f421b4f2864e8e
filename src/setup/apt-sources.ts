/**
 * Reads apt's sources, so that whatever we add keeps to the mirror that a site has chosen: no host
 * name of a package archive stands in this project. Pure text in, data out; see sources.list(5).
 */
import type { AptSource } from './requirement.ts';

/** The Debian archives that a machine's sources name. */
export interface DebianMirror {
  readonly main: string;
  /** Undefined where the machine takes no security updates, or from an archive that we cannot tell. */
  readonly security: string | undefined;
  /** Keys that the machine trusts for it. */
  readonly keyring: string;
}

/** The keyring that Debian's suites are verified with unless a site's sources name another. */
export const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

const debianSuites = ['bullseye', 'bookworm', 'trixie', 'forky', 'sid'];

/**
 * Parses one file of apt's sources: deb822 where its name ends in `.sources`, else one line per entry.
 * Disabled entries, sources of source packages and lines that make no sense are left out.
 */
export function parseAptSources(fileName: string, text: string): readonly AptSource[] {
  if (fileName.endsWith('.sources')) return parseDeb822(text);
  return text.split('\n').flatMap((line) => parseOneLine(line));
}

/**
 * The mirror of Debian's archive among these sources; undefined on a machine that has none. Others'
 * archives use Debian's suite names too, so one that is called as Debian's is goes first.
 */
export function findDebianMirror(sources: readonly AptSource[]): DebianMirror | undefined {
  const candidates = sources.filter(
    ({ suites, components }) =>
      components.includes('main') && suites.some((suite) => debianSuites.includes(suite)),
  );
  const main = candidates.find(({ uri }) => /\/debian\/?$/.test(uri)) ?? candidates[0];
  if (main === undefined) return undefined;
  const security = sources.find(({ suites }) =>
    suites.some((suite) => debianSuites.some((name) => suite === `${name}-security`)),
  );
  return { main: main.uri, security: security?.uri, keyring: main.signedBy ?? debianKeyring };
}

/** Whether these sources take packages from the suite. */
export function hasSuite(sources: readonly AptSource[], suite: string): boolean {
  return sources.some((source) => source.suites.includes(suite));
}

function parseDeb822(text: string): readonly AptSource[] {
  return text.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = readFields(stanza);
    const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || fields.get('enabled')?.toLowerCase() === 'no') return [];
    const signedBy = fields.get('signed-by');
    return words('uris').map((uri) => ({
      uri,
      suites: words('suites'),
      components: words('components'),
      // An inline key block is of no use to us as a path.
      signedBy: signedBy?.startsWith('/') === true ? signedBy : undefined,
    }));
  });
}

/** Field names in lower case; continuation lines joined by a space; comment lines may stand anywhere. */
function readFields(stanza: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const field = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line);
    if (field !== null) {
      current = (field[1] ?? '').toLowerCase();
      fields.set(current, (field[2] ?? '').trim());
    } else if (/^[ \t]/.test(line) && current !== undefined) {
      fields.set(current, `${fields.get(current) ?? ''} ${line.trim()}`.trim());
    }
  }
  return fields;
}

function parseOneLine(line: string): readonly AptSource[] {
  const entry = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
  if (entry === null) return [];
  const [, options = '', uri = '', suite = '', components = ''] = entry;
  return [
    {
      uri,
      suites: [suite],
      components: components.split(/\s+/).filter((word) => word !== ''),
      signedBy: /(?:^|\s)signed-by=(\/\S+)/.exec(options)?.[1],
    },
  ];
}
