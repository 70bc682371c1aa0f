import type { CallName, SignerCalls } from './channel.ts'
import { KeyError } from './key-error.ts'
import type { SignerIdentity } from './master-proof.ts'
import { type PasswordRule, passwordRule } from './password-rule.ts'
import { formsOf, normalForm } from './password-text.ts'
import { type SignerProcess, startSignerProcess } from './signer-process.ts'
import type {
  CallShown,
  CallVerified,
  CeilingChange,
  Chain,
  Checkpoint,
  DerivedAddress,
  Exported,
  ExportOptions,
  FirstCeiling,
  ImportSecret,
  KeyRow,
  KeyringRow,
  Lift,
  LiftWanted,
  NextCheckpoint,
  OperatorProof,
  OwnerWord,
  PasswordCost,
  Sealed,
  SealedCall,
  SealedImport,
  SignBatch,
  SignedBatch,
  SubkeyPurpose,
  Voice,
} from './types.ts'

export { accountKey } from './account-key.ts'
export { changedCeiling, type ExactChange } from './ceiling-change.ts'
export { KeyError, type KeyErrorCode } from './key-error.ts'
export { hadCeiling } from './key-mark.ts'
export { firstMost, isTestChain, knownAsset } from './known-assets.ts'
export { type LegacyWallet, readLegacyWallets } from './legacy.ts'
export { knownOwners, raiseLines } from './look.ts'
export { ownerKey, passkeyAccount } from './owner-account.ts'
export {
  makeSealingKeyPair,
  openExport,
  type SealingKeyPair,
  sealingFingerprint,
} from './sealing.ts'
export { ceilingLines, feeLine, paymentLines, signerLine } from './signer/agreed.ts'
export { loosensCeiling, sameOwners } from './signer/limits.ts'
export type * from './types.ts'

export type KeysOptions = {
  /** Of passwords that are set from now on; 64 MiB, 3 passes, 4 lanes unless given. */
  passwordCost?: PasswordCost
  /** Called when the signer dies by itself, with its exit code (null when a signal ended it). Not after stop or restart. */
  onExit?: (code: number | null) => void
  /** The signer's program; another one when it is bundled. */
  signerEntry?: URL
}

/** The master password, or one that a client sealed for a call. */
export type Proof = string | SealedCall

/** The keys, held by the signer process. Every call rejects with a KeyError; KEYSTORE_LOCKED while locked or the signer is gone. */
export type Keys = {
  /** First start: a random root key under this password. Leaves the keyring unlocked. */
  createKeyring(password: string): Promise<KeyringRow>
  /** INVALID_MASTER_PASSWORD or KEYRING_CORRUPT. The normal form of the password is tried, then those of older keyrings. */
  unlock(password: string, row: KeyringRow): Promise<void>
  /** An Argon2id run (64 MiB, some 0.1 s) for each form to try: the caller bounds how many run at once. */
  verify(password: string, row: KeyringRow): Promise<boolean>
  /** Is the password right that a client sealed for this call? PROOF_REFUSED where the proof is for another one, old, or used. */
  verifyCall(shown: CallShown): Promise<CallVerified>
  /**
   * The row of the same root key for a new password, which a sealed call says itself. The signer asks for the present one:
   * INVALID_MASTER_PASSWORD, PROOF_REFUSED.
   */
  rewrap(proof: Proof, newPassword?: string): Promise<KeyringRow>
  readonly passwords: PasswordRule
  isUnlocked(): boolean
  /** 32 bytes. */
  subkey(purpose: SubkeyPurpose): Promise<Uint8Array>
  create(walletId: string, chain: Chain): Promise<KeyRow>
  /** IMPORT_INVALID says what is wrong with the secret. */
  import(walletId: string, chain: Chain, secret: ImportSecret | SealedImport): Promise<KeyRow>
  /** The addresses that a recovery phrase gives, the one that `import` takes first; none where the secret leaves no choice. */
  derivations(chain: Chain, secret: ImportSecret | SealedImport): Promise<DerivedAddress[]>
  /**
   * INVALID_MASTER_PASSWORD, PROOF_REFUSED, which the signer finds out itself; EXPORT_REFUSED when the chain has no such
   * format. A sealed call says its options itself.
   */
  export(key: KeyRow, proof: Proof, options: ExportOptions): Promise<Exported>
  /** One message for the whole batch; answers in order. */
  sign(batch: SignBatch): Promise<SignedBatch>
  /** INVALID_MASTER_PASSWORD where it takes the password: for more than `firstMost`, or a key that has not just come in. */
  firstCeiling(first: FirstCeiling, proof?: Proof): Promise<Sealed>
  /**
   * INVALID_MASTER_PASSWORD where it allows more than the present one and the password is not given, or wrong; SIGN_REFUSED
   * where that takes owners too, who have not agreed. A sealed call says the change itself, whatever `next` is.
   */
  changeCeiling(change: CeilingChange, proof?: Proof): Promise<Sealed>
  /**
   * What lets one payment pass above the ceiling, for `proofs` of an authorisation. INVALID_MASTER_PASSWORD, PROOF_REFUSED;
   * a sealed call says itself which payment, and for how long.
   */
  lift(wanted: LiftWanted, proof: Proof): Promise<Lift>
  /** What an owner has signed, for `proofs` of an authorisation and for a higher ceiling. SIGN_REFUSED of what is not theirs, or old. */
  hear(word: OwnerWord): Promise<Voice>
  /** Base64 Ed25519 public key of `signCheckpoint`. */
  evidenceKey(): Promise<string>
  /** SIGN_REFUSED unless it is behind all that the signer has signed since it was unlocked. */
  signCheckpoint(next: NextCheckpoint): Promise<Checkpoint>
  /** By the same key, for a receipt's SHA-256 in hex. */
  signReceipt(hash: string): Promise<{ publicKey: string; signature: string }>
  /** The X25519 public key of the keyring for sealing.ts, base64, and the name of this start of the signer. */
  sealingKey(): Promise<SignerIdentity>
  /** A fresh, locked signer. */
  restart(): Promise<void>
  stop(): Promise<void>
  readonly pid: number
}

/** Starts the signer process, locked. SIGNER_FAILED when it cannot run. */
export async function startKeys(options: KeysOptions = {}): Promise<Keys> {
  const cost = options.passwordCost ?? { memoryKib: 64 * 1024, iterations: 3, parallelism: 4 }
  const entry = options.signerEntry ?? new URL('./signer/main.ts', import.meta.url)
  let isUnlocked = false
  let restarting: Promise<void> | undefined
  let signer = await start()

  async function start(): Promise<SignerProcess> {
    try {
      return await launch(entry, (code) => {
        isUnlocked = false
        options.onExit?.(code)
      })
    } catch {
      throw new KeyError('SIGNER_FAILED', `the signer did not start from ${entry.pathname}; run it by hand to see why`)
    }
  }

  async function replace(): Promise<void> {
    isUnlocked = false
    await signer.stop()
    signer = await start()
  }

  const call = <Name extends CallName>(name: Name, input: SignerCalls[Name]['input']) => signer.call(name, input)

  return {
    async createKeyring(password) {
      const row = await withPassword(normalForm(password), (bytes) => call('createKeyring', { password: bytes, cost }))
      isUnlocked = true
      return row
    },
    async unlock(password, row) {
      await inAnyForm(password, (bytes) => call('unlock', { password: bytes, row }))
      isUnlocked = true
    },
    async verify(password, row) {
      for (const form of formsOf(password))
        if (await withPassword(form, (bytes) => call('verify', { password: bytes, row }))) return true
      return false
    },
    verifyCall: (shown) => call('verifyCall', shown),
    passwords: passwordRule,
    isUnlocked: () => isUnlocked,
    subkey: (purpose) => call('subkey', { purpose }),
    create: (walletId, chain) => call('create', { walletId, chain }),
    import: (walletId, chain, secret) => call('import', { walletId, chain, secret }),
    derivations: (chain, secret) => call('derivations', { chain, secret }),
    ...operatorCalls(call, cost),
    sign: (batch) => call('sign', batch),
    hear: (word) => call('hear', word),
    evidenceKey: () => call('evidenceKey', {}),
    signCheckpoint: (next) => call('signCheckpoint', next),
    signReceipt: (hash) => call('signReceipt', { hash }),
    sealingKey: () => call('sealingKey', {}),
    restart() {
      restarting ??= replace().finally(() => {
        restarting = undefined
      })
      return restarting
    },
    async stop() {
      await Promise.allSettled([restarting])
      isUnlocked = false
      await signer.stop()
    },
    get pid() {
      return signer.pid
    },
  }
}

type Ask = <Name extends CallName>(
  name: Name,
  input: SignerCalls[Name]['input'],
) => Promise<SignerCalls[Name]['output']>

/** What takes the master password. */
const operatorCalls = (
  call: Ask,
  cost: PasswordCost,
): Pick<Keys, 'rewrap' | 'export' | 'firstCeiling' | 'changeCeiling' | 'lift'> => ({
  lift: (wanted, shown) => withProof(shown, (proof) => call('lift', { ...wanted, proof })),
  rewrap: (shown, newPassword) =>
    withProof(shown, (proof) =>
      newPassword === undefined
        ? call('rewrap', { proof, cost })
        : withPassword(normalForm(newPassword), (next) => call('rewrap', { proof, next, cost })),
    ),
  export: (key, shown, exportOptions) =>
    withProof(shown, (proof) => call('export', { key, options: exportOptions, proof })),
  firstCeiling: (first, shown) =>
    shown === undefined
      ? call('firstCeiling', first)
      : withProof(shown, (proof) => call('firstCeiling', { ...first, proof })),
  changeCeiling: (change, shown) =>
    shown === undefined
      ? call('changeCeiling', change)
      : withProof(shown, (proof) => call('changeCeiling', { ...change, proof })),
})

/** A signer that has answered once; `onExit` is told of an end that nobody asked for. */
async function launch(entry: URL, onExit: Parameters<typeof startSignerProcess>[1]): Promise<SignerProcess> {
  let isWatched = false
  const started = startSignerProcess(entry, (code) => {
    if (isWatched) onExit(code)
  })
  await started.call('instance', {})
  isWatched = true
  const stop = () => {
    isWatched = false
    return started.stop()
  }
  return { ...started, stop }
}

async function withPassword<Result>(password: string, use: (bytes: Uint8Array) => Promise<Result>): Promise<Result> {
  const bytes = Buffer.from(password, 'utf8')
  const result = use(bytes)
  // The call has copied it into its frame by now.
  bytes.fill(0)
  return result
}

const withProof = <Result>(shown: Proof, use: (proof: OperatorProof) => Promise<Result>): Promise<Result> =>
  typeof shown === 'string' ? inAnyForm(shown, (password) => use({ password })) : use(shown)

async function inAnyForm<Result>(password: string, use: (bytes: Uint8Array) => Promise<Result>): Promise<Result> {
  let refusal: unknown
  for (const form of formsOf(password)) {
    try {
      return await withPassword(form, use)
    } catch (error) {
      if (!(error instanceof KeyError) || error.code !== 'INVALID_MASTER_PASSWORD') throw error
      refusal = error
    }
  }
  throw refusal
}
