import type { Excess } from './key-error.ts'

export type { Excess } from './key-error.ts'

/** A chain family that can hold a key. What each one needs is one row of signer/chains.ts. */
export type Chain = 'ethereum' | 'solana' | 'ripple'
export type Curve = 'secp256k1' | 'ed25519'

/** A wallet's key at rest. `ciphertext` is base64 of: version byte, iv (12), tag (16), data. Written once. */
export type KeyRow = { walletId: string; chain: Chain; address: string; curve: Curve; ciphertext: string }

/** What one guess of the master password costs (Argon2id). */
export type PasswordCost = { memoryKib: number; iterations: number; parallelism: number }

/** Argon2id parameters of the master password; `salt` is base64. */
export type Kdf = PasswordCost & { algorithm: 'argon2id'; salt: string }

/**
 * The one row that a password change rewrites: the root key, wrapped by the password (base64). `generation` grows with each
 * change; rows of version 1 are from before that was counted.
 */
export type KeyringRow =
  | { kdf: Kdf; wrappedRoot: string; version: 1 }
  | { kdf: Kdf; wrappedRoot: string; version: 2; generation: number }

export type SubkeyPurpose = 'settings' | 'sessions' | 'webhooks' | 'backup' | 'marks' | 'signatures' | 'links'

/** Bytes that the signer reads as what they move: unsigned transactions of EVM (EIP-1559, or legacy with EIP-155) and of Solana (legacy, v0 or v1), and typed data (EIP-712). */
export type MovingKind = 'evm-tx' | 'evm-typed-data' | 'solana-tx'
/** Words for people, in UTF-8, which the signer marks as such before it signs them (EIP-191; off-chain messages of Solana), and sign-ins of Solana, which are signed as they stand. */
export type TextKind = 'evm-text' | 'solana-text' | 'solana-sign-in'
/** What is signed. */
export type SignKind = MovingKind | TextKind

/** What the daemon decided on, as it is told to the signer, which reads the bytes by itself all the same. */
export type SignAuthorisation = {
  attemptId: string
  transactionId: string
  /** SHA-256 of the unsigned bytes, hex. */
  bytesHash: string
  /** The effects digest that the decision was about. */
  digest: string
  /** Unix milliseconds. */
  expiresAt: number
  /** What lets it pass above the ceiling; for most there is none. */
  proofs: readonly ApprovalProof[]
}

/** A proof of an approval, by its kind: what the operator has approved with the master password, or one owner by a signature. */
export type ApprovalProof = { readonly type: 'password' | 'owner' } & Sealed

/**
 * What a person approves above the ceiling, as the signer reads it of bytes: all that bytes do but their nonce, gas and
 * lifetime. Amounts are base units as decimal text, accounts in the form of their chain.
 */
export type Payment = {
  /** CAIP-2 of an EVM network, or `solana`. */
  readonly chain: string
  readonly sender: string
  readonly moves: readonly PaymentMove[]
  /** A call that the signer cannot read; `others` are programs that are called beside it, `dataHash` is SHA-256, hex. */
  readonly call: {
    readonly to: string
    readonly others?: string[] | undefined
    readonly dataHash: string
  } | null
  /** SHA-256, hex, of the code that makes a contract. */
  readonly codeHash: string | null
  /** Their bytes as hexadecimal text. */
  readonly memos: readonly string[]
  /** The most that the fee may come to. */
  readonly fee: string
}
/** `asset` is `native`, or the token's address. A grant lets somebody take so much. */
export type PaymentMove = {
  readonly asset: string
  readonly amount: string
  readonly to: string
  readonly isGrant?: boolean | undefined
}

/** A payment that the operator lets pass above the ceiling of `address`, once, for so many hours. */
export type LiftWanted = {
  readonly address: string
  readonly ceiling: Sealed | undefined
  readonly payment?: Payment | undefined
  readonly hours?: number | undefined
}
/** A lift as the signer sealed it; `until` is in unix milliseconds. */
export type Lift = Sealed & { readonly until: number }

/** Full bytes to sign; the signer reads and hashes them. */
export type SignRequest = { kind: SignKind; payload: Uint8Array; authorisation: SignAuthorisation }

/** Base units as decimal text: the most in one transaction, and in any 24 hours. */
export type CeilingAmounts = { transaction: string; day: string }

export type ChainCeiling = {
  /** In a day the worst fees count too. */
  native: CeilingAmounts
  /** The worst fee of one transaction, in base units of the native asset. */
  fee: string
  /** By contract or mint. */
  tokens: Record<string, CeilingAmounts>
  /** Are tokens that are not listed signed in any amount? Else they are not signed at all. */
  otherTokens: boolean
  /** May it deploy contracts? Not where nothing is said. */
  deploys?: boolean
  /** Contracts that may be called in ways that the signer cannot read. */
  contracts: readonly string[]
}

/** The most that the signer signs for one key, whatever the daemon says. */
export type Ceiling = {
  /** By CAIP-2 of an EVM network, or `solana` for all clusters together. What is not listed is not signed for. */
  chains: Record<string, ChainCeiling>
  /** Where there are any, nothing goes to others. */
  recipients: readonly string[]
  /** Who lets something pass above it, where they are known to the signer. */
  owners?: KnownOwners | undefined
}

/** Owners of a wallet whose signatures the signer checks by itself: of each the accounts and passkeys that sign for them, and how many have to agree. */
export type KnownOwners = { readonly threshold: number; readonly owners: readonly (readonly string[])[] }

/** What one owner signed, and by which of the accounts that the ceiling of a wallet names. */
export type OwnerWord = {
  readonly address: string
  readonly ceiling: Sealed | undefined
  readonly by: string
  readonly message: string
  readonly signature: Uint8Array
}
/** What an owner has signed, as the signer sealed it while the signature was young. `until` is in unix milliseconds. */
export type Voice = Sealed & { readonly until: number }

/** Text and seal as the signer made them: what is not of its own making is not believed. */
export type Sealed = { text: string; seal: string }

/** What the text of a sealed ceiling says, as JSON. `version` grows with each change; `at`, in unix milliseconds, is when the operator
 * last said that all is known, or when the key came in; `signer` is the fingerprint of its sealing key. */
export type CeilingText = { address: string; version: number; at: number; ceiling: Ceiling; signer?: string }

/**
 * What the text of a lane's sealed count says, as JSON: the base units that were signed for, by asset and hour (unix time
 * in hours), `native` with the worst fees. `last` is the attempt up to which it counts; `number` grows with each batch.
 */
export type CountText = {
  address: string
  chain: string
  lane: string
  number: number
  last: string
  spent: SpentByHour
  fullUntil: number
  lifted?: LiftedById
}
/** By the id of a lift, which nonce (or, without nonces, which bytes) it was used for, and until when it is good. */
export type LiftedById = Record<string, [use: string, until: number]>
export type SpentByHour = Record<string, Record<string, string>>

/**
 * Requests of one wallet on one lane, in order. `counted` is the count that the lane stored last, `newest` the newest of
 * its attempts that was signed, `witnessed` the newest checkpoint that names a count of it.
 */
export type SignBatch = {
  key: KeyRow
  ceiling: Sealed | undefined
  lane: string
  counted?: Sealed | undefined
  /** What the same key has stored of the same chain elsewhere: for its transactions that of its messages, and the other way round. */
  beside?: Sealed | undefined
  newest?: string | undefined
  witnessed?: Checkpoint | undefined
  requests: readonly SignRequest[]
}
/** The ceiling that a key begins with. */
export type FirstCeiling = { address: string; next: Ceiling }
/** `now` is the present ceiling of the key with this address, if there is one. */
export type CeilingChange = {
  address: string
  now?: Sealed | undefined
  next: Ceiling
  /** What owners have signed for it. */
  voices?: readonly Sealed[] | undefined
}

/** A proof of the master password that a client sealed for one call, and the body of that call. */
export type SealedCall = { readonly sealed: string; readonly body: string }
export type OperatorProof = { readonly password: Uint8Array } | SealedCall
/** A sealed proof as it came with a call, the keyring as it is stored, and whether deriving a key from the password is due. */
export type CallShown = { sealed: string; method: string; path: string; row: KeyringRow; derives: boolean }
/** `bodyHash` is what the body must have: SHA-256, hex. */
export type CallVerified = { isRight: boolean | undefined; bodyHash: string }

/** A sealed count, and the number in it. */
export type Counted = Sealed & { number: number }
/** `counted` is to be stored with the signatures; none where nothing could be read. */
export type SignedBatch = { results: SignResult[]; counted: Counted | undefined }

/** `signature`: r, s and y parity (65 bytes) on secp256k1, 64 bytes on ed25519. One refusal leaves the rest of a batch alone. */
export type SignResult =
  | { signature: Uint8Array; refused?: never; code?: never }
  | {
      refused: string
      code: 'SIGN_REFUSED' | 'CEILING_EXCEEDED' | 'KEY_ROW_CORRUPT' | 'KEY_MISMATCH'
      excess?: Excess | undefined
      signature?: never
    }

export type ImportSecret =
  | { kind: 'private-key'; text: string }
  | { kind: 'mnemonic'; phrase: string; derivation?: Derivation; path?: string; passphrase?: string }
  | { kind: 'keystore-v3'; json: string; password: string }
  | { kind: 'solana-keypair'; json: string }
  | { kind: 'waiaas-2'; json: string; password: string }

/** How a recovery phrase becomes a key: along a BIP-44 path, or (`none`) with the first bytes of its seed as they are. */
export type Derivation = 'bip44' | 'none'

/** An address that a recovery phrase gives, and the wallets that show this one. */
export type DerivedAddress = { derivation: Derivation; path: string | null; address: string; usedBy: string }

/** An ImportSecret as JSON, sealed to the signer's public key with `sealImport` of the contract. */
export type SealedImport = { sealed: string }

export type ExportFormat = 'private-key' | 'keystore-v3' | 'solana-keypair'

/** `password` encrypts a keystore-v3 file; `recipient` is a public key of sealing.ts that the result is sealed to. */
export type ExportOptions = { format: ExportFormat; password?: string; recipient?: string }

export type Exported = { text: string } | { sealed: string }

/** Where one chain of the evidence ends: its name, and number and hash of its last row; `count:<lane>`: of the lane's last count. */
export type EvidenceHead = { chain: string; seq: number; hash: string }

/**
 * A statement that the chains of the evidence ended there. `hash` is SHA-256, hex, of the JSON text
 * `[prevHash, seq, at, publicKey, [[chain, seq, hash], ...]]`, the heads by the code units of their chains' names;
 * `signature` is Ed25519, base64, of `waiaas-audit-checkpoint-1:` and that hash.
 */
export type Checkpoint = {
  seq: number
  /** Unix milliseconds. */
  at: number
  heads: EvidenceHead[]
  /** 64 zeros in the first. */
  prevHash: string
  /** Base64 of 32 bytes. */
  publicKey: string
  hash: string
  signature: string
}

/** What is to be signed next, behind the checkpoint before it: chains of the evidence, and counts of lanes as they are stored. */
export type NextCheckpoint = {
  previous?: Checkpoint
  at: number
  heads: readonly EvidenceHead[]
  counts?: readonly Sealed[]
}
