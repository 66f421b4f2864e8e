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

/** A package that came, went, or is another version. */
export interface PinMove {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The packages that two locks pin otherwise, in code-unit order. */
export function pinMoves(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly PinMove[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => (a < b ? -1 : 1));
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    return from === to ? [] : [{ name, from, to }];
  });
}

/** `numpy 2.3.5 → 2.4.0, six none → 1.17.0`; of more than `most`, how many are left out. */
export function tellPinMoves(moves: readonly PinMove[], most: number): string {
  const shown = moves
    .slice(0, most)
    .map(({ name, from, to }) => `${name} ${from ?? 'none'} → ${to ?? 'none'}`);
  const more = moves.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
