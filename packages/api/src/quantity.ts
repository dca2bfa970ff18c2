/** Factors of Kubernetes' suffixes (`apimachinery` resource.Quantity). */
const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const form = /^(?<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))(?<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

/**
 * A Kubernetes quantity such as `500m`, `1.5Gi` or `2e3` as a number of its base unit (cores, bytes). Throws an Error with
 * Kubernetes' text for anything else.
 */
export function parseQuantity(text: string): number {
  const { number, suffix = '' } = form.exec(text)?.groups ?? {};
  if (number === undefined) {
    throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  const factor = factors[suffix];
  // Through text, so that 1e3 and 0.1 are the doubles nearest to what was written.
  return factor === undefined ? Number(`${number}${suffix}`) : Number(number) * factor;
}

/** True for the text of a quantity. */
export function isQuantity(text: string): boolean {
  return form.test(text);
}
