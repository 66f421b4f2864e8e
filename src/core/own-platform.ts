/** The platform of this machine, as images name theirs. */

/** `linux/amd64`: what an engine of this machine builds. */
export function ownPlatform(): string {
  return `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
}
