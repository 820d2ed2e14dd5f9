/** Stands in the bundle where engine.io-parser decodes text: what is binary comes as it is. */
export function decode(): never {
  throw new Error("The dashboard sends no base64.");
}
