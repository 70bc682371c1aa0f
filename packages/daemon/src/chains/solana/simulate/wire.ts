/** A message with an empty signature, as nodes take it to simulate it. */
export const unsignedWire = (message: Uint8Array): string =>
  Buffer.concat([Uint8Array.of(1), new Uint8Array(64), message]).toString('base64')
