/** Quantities as Kubernetes writes them: `203058924Ki`, `100G`, `128974848`. Pure. */

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Undefined for what is none of at least 1. */
export function parseQuantity(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?(?:e\d+)?)(|k|M|G|T|Ki|Mi|Gi|Ti)$/.exec(text);
  const number = Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN);
  return number >= 1 ? Math.round(number) : undefined;
}
