/** The call that a proof is good for, as it goes over the wire. */
export type ProvenCall = { readonly method: string /** With its query. */; readonly path: string }

/** What a sealed proof says, to the signer and nobody else. */
export type MasterProof = ProvenCall & {
  password: string
  /** SHA-256 of the body, hex; of no body as of an empty one. */
  bodyHash: string
  /** Unix milliseconds. */
  at: number
  nonce: string
  /** The running signer that it is for. */
  instance: string
}

/** What a client knows of a signer: its sealing key, base64, and which start of it this is. */
export type SignerIdentity = { readonly publicKey: string; readonly instance: string }

// Purposes of sealing.ts: what is sealed for one opens for no other.
export const PROOF_PURPOSE = 'master-proof'
export const NEW_PASSWORD_PURPOSE = 'new-master-password'
