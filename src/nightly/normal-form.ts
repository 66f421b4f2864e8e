/**
 * What of an image's file system counts when two images are compared, and what only says when and where it was made:
 * logs, caches, byte code, times. Pure.
 */
import { plainName } from '../core/python-pins.ts';

/** Paths from the root, without a slash at the beginning, that say nothing of what an image holds. */
const passing: readonly RegExp[] = [
  // What a running system fills anew, or the engine itself puts there.
  /^(?:dev|proc|sys|run|tmp|var\/(?:tmp|log|cache|run))(?:\/|$)/,
  /^(?:\.dockerenv|etc\/(?:hosts|hostname|resolv\.conf|mtab|machine-id))$/,
  // Package managers' lists, copies and locks.
  /^var\/lib\/apt\/(?:lists(?:\/|$)|periodic|daily_lock|listchanges)/,
  /^var\/lib\/dpkg\/(?:available|status-old|available-old|diversions-old|statoverride-old|lock|lock-frontend|triggers\/Lock)$/,
  /^var\/lib\/dpkg\/(?:updates)\//,
  /^etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^etc\/\.pwd\.lock$/,
  /^etc\/ld\.so\.cache$/,
  /(?:^|\/)conda-meta\/history$/,
  // Byte code holds its source's time.
  /(?:^|\/)__pycache__(?:\/|$)/,
  /\.py[co]$/,
  /(?:^|\/)\.cache(?:\/|$)/,
  /(?:^|\/)\.(?:wget-hsts|python_history|bash_history|lesshst)$/,
  // How and when an installer worked; what it installed lies beside it.
  /\.dist-info\/(?:INSTALLER|REQUESTED|uv_cache\.json|uv_build\.json)$/,
  // The same commit is packed in many ways; refs and HEAD name it.
  /\.git\/(?:objects(?:\/|$)|index$|logs(?:\/|$)|FETCH_HEAD$|ORIG_HEAD$)/,
];

/** Whether a path says nothing of what the image holds. */
export function isPassing(path: string): boolean {
  return passing.some((pattern) => pattern.test(path));
}

/** Files that are read as text, because what they say counts and not how. */
export type TextRole = 'dpkg' | 'python-metadata' | 'python-record' | 'shadow';

/** What a file has to be read as; undefined: its bytes count. */
export function textRoleOf(path: string): TextRole | undefined {
  if (path === 'var/lib/dpkg/status' || /^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path)) return 'dpkg';
  if (path.endsWith('.dist-info/METADATA')) return 'python-metadata';
  if (path.endsWith('.dist-info/RECORD')) return 'python-record';
  if (path === 'etc/shadow') return 'shadow';
  return undefined;
}

/** A package as it is named across ecosystems, apart from its version (the package URL, purl). */
export interface Package {
  readonly name: string;
  readonly version: string;
}

/** The packages that dpkg says are installed. */
export function packagesOfDpkg(status: string): readonly Package[] {
  return status.split(/\n\n+/).flatMap((stanza) => {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}: *(.*)$`, 'm').exec(stanza)?.[1]?.trim();
    const [name, version, architecture] = [field('Package'), field('Version'), field('Architecture')];
    const state = field('Status');
    if (name === undefined || version === undefined) return [];
    if (state !== undefined && !state.endsWith(' installed')) return [];
    return [{ name: `pkg:deb/${name}${architecture === undefined ? '' : `?arch=${architecture}`}`, version }];
  });
}

/** The package that a distribution's METADATA describes. */
export function packageOfMetadata(metadata: string): Package | undefined {
  const head = metadata.split(/\r?\n\r?\n/, 1)[0] ?? '';
  const name = /^Name: *(.+)$/m.exec(head)?.[1]?.trim();
  const version = /^Version: *(.+)$/m.exec(head)?.[1]?.trim();
  if (name === undefined || version === undefined) return undefined;
  return { name: `pkg:pypi/${plainName(name)}`, version };
}

/** A text with what moves by itself taken out. */
export function normalText(role: TextRole, text: string): string {
  switch (role) {
    case 'dpkg':
      return '';
    case 'python-metadata':
      return text;
    case 'python-record':
      return text
        .split('\n')
        .filter(
          (line) =>
            line !== '' && !/(?:\.py[co]|\/RECORD|\/INSTALLER|\/REQUESTED|\/uv_\w+\.json),/.test(line),
        )
        .toSorted((a, b) => (a < b ? -1 : 1))
        .join('\n');
    case 'shadow':
      // The third field is the day on which a password was changed: that of `useradd`.
      return text.replaceAll(/^([^:\n]*:[^:\n]*):\d*:/gm, '$1::');
    default:
      return role satisfies never;
  }
}

/** Labels that tell of the making, and not of what was made. */
export function isPassingLabel(name: string): boolean {
  return (
    /^hubwright(?:\.|$)/.test(name) ||
    /^org\.opencontainers\.image\.(?:created|revision|version|ref\.name|base\.digest)$/.test(name) ||
    /^org\.label-schema\.(?:build-date|vcs-ref)$/.test(name)
  );
}
