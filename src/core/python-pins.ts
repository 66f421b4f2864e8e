/** What a lock of Python packages pins, whoever wrote it. Names compare as PEP 503 says. Pure. */

const pin = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)/;

/** A package's name as every spelling of it is meant. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/** Versions by package; several of one package (for several Pythons) stand in one text. */
export function pinsOf(lock: string): ReadonlyMap<string, string> {
  const pins = new Map<string, string>();
  for (const line of lock.split('\n')) {
    const [, name, version] = pin.exec(line) ?? [];
    if (name === undefined || version === undefined) continue;
    const others = pins.get(plainName(name));
    pins.set(plainName(name), others === undefined ? version : `${others}, ${version}`);
  }
  return pins;
}
