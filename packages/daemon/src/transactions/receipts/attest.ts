/** Who signs receipts, in the signer process. Failure KEYSTORE_LOCKED. */
export type Attest = {
  /** Base64 of 32 bytes. */
  publicKey(): Promise<string>
  sign(hash: string): Promise<{ signature: string }>
  /** Signs the evidence as far as it is written. */
  cover(): Promise<unknown>
}
