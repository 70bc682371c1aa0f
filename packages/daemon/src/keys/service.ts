import { normalPassword } from '@waiaas/contract'
import type { CallName, SignerCalls } from './channel.ts'
import { KeyError } from './key-error.ts'
import { type SignerProcess, startSignerProcess } from './signer-process.ts'
import type {
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
  NextCheckpoint,
  PasswordCost,
  Sealed,
  SealedImport,
  SignBatch,
  SignedBatch,
  SubkeyPurpose,
} from './types.ts'

export { accountKey } from './account-key.ts'
export { KeyError, type KeyErrorCode } from './key-error.ts'
export { hadCeiling } from './key-mark.ts'
export { firstMost, isTestChain, knownAsset } from './known-assets.ts'
export { type LegacyWallet, readLegacyWallets } from './legacy.ts'
export { makeSealingKeyPair, openExport, type SealingKeyPair, sealSecret } from './sealing.ts'
export type * from './types.ts'

export type KeysOptions = {
  /** Of passwords that are set from now on; 64 MiB, 3 passes, 4 lanes unless given. */
  passwordCost?: PasswordCost
  /** Called when the signer dies by itself, with its exit code (null when a signal ended it). Not after stop or restart. */
  onExit?: (code: number | null) => void
  /** The signer's program; another one when it is bundled. */
  signerEntry?: URL
}

/** The keys, held by the signer process. Every call rejects with a KeyError; KEYSTORE_LOCKED while locked or the signer is gone. */
export type Keys = {
  /** First start: a random root key under this password. Leaves the keyring unlocked. */
  createKeyring(password: string): Promise<KeyringRow>
  /** INVALID_MASTER_PASSWORD or KEYRING_CORRUPT. The normal form of the password is tried, then those of older keyrings. */
  unlock(password: string, row: KeyringRow): Promise<void>
  /** An Argon2id run (64 MiB, some 0.1 s) for each form to try: the caller bounds how many run at once. */
  verify(password: string, row: KeyringRow): Promise<boolean>
  /** The row of the same root key for a new password. The signer asks for the present one: INVALID_MASTER_PASSWORD. */
  rewrap(password: string, newPassword: string): Promise<KeyringRow>
  isUnlocked(): boolean
  /** 32 bytes. */
  subkey(purpose: SubkeyPurpose): Promise<Uint8Array>
  create(walletId: string, chain: Chain): Promise<KeyRow>
  /** IMPORT_INVALID says what is wrong with the secret. */
  import(walletId: string, chain: Chain, secret: ImportSecret | SealedImport): Promise<KeyRow>
  /** The addresses that a recovery phrase gives, the one that `import` takes first; none where the secret leaves no choice. */
  derivations(chain: Chain, secret: ImportSecret | SealedImport): Promise<DerivedAddress[]>
  /** INVALID_MASTER_PASSWORD, which the signer finds out itself; EXPORT_REFUSED when the chain has no such format. */
  export(key: KeyRow, masterPassword: string, options: ExportOptions): Promise<Exported>
  /** One message for the whole batch; answers in order. */
  sign(batch: SignBatch): Promise<SignedBatch>
  /** INVALID_MASTER_PASSWORD where it takes the password: for more than `firstMost`, or a key that has not just come in. */
  firstCeiling(first: FirstCeiling, masterPassword?: string): Promise<Sealed>
  /** INVALID_MASTER_PASSWORD where it allows more than the present one and the password is not given, or wrong. */
  changeCeiling(change: CeilingChange, masterPassword?: string): Promise<Sealed>
  /** Base64 Ed25519 public key of `signCheckpoint`. */
  evidenceKey(): Promise<string>
  /** SIGN_REFUSED unless it is behind all that the signer has signed since it was unlocked. */
  signCheckpoint(next: NextCheckpoint): Promise<Checkpoint>
  /** Base64 X25519 public key for sealing.ts; another one after each start of the signer. */
  sealingKey(): Promise<string>
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
      const row = await withPassword(normalPassword(password), (bytes) =>
        call('createKeyring', { password: bytes, cost }),
      )
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
    rewrap: (password, newPassword) =>
      inAnyForm(password, (bytes) =>
        withPassword(normalPassword(newPassword), (next) => call('rewrap', { password: bytes, next, cost })),
      ),
    isUnlocked: () => isUnlocked,
    subkey: (purpose) => call('subkey', { purpose }),
    create: (walletId, chain) => call('create', { walletId, chain }),
    import: (walletId, chain, secret) => call('import', { walletId, chain, secret }),
    derivations: (chain, secret) => call('derivations', { chain, secret }),
    export: (key, masterPassword, exportOptions) =>
      inAnyForm(masterPassword, (bytes) => call('export', { key, options: exportOptions, password: bytes })),
    sign: (batch) => call('sign', batch),
    firstCeiling: (first, masterPassword) =>
      withProof(masterPassword, (proof) => call('firstCeiling', { ...first, ...proof })),
    changeCeiling: (change, masterPassword) =>
      withProof(masterPassword, (proof) => call('changeCeiling', { ...change, ...proof })),
    evidenceKey: () => call('evidenceKey', {}),
    signCheckpoint: (next) => call('signCheckpoint', next),
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

/** A signer that has answered once; `onExit` is told of an end that nobody asked for. */
async function launch(entry: URL, onExit: Parameters<typeof startSignerProcess>[1]): Promise<SignerProcess> {
  let isWatched = false
  const started = startSignerProcess(entry, (code) => {
    if (isWatched) onExit(code)
  })
  await started.call('sealingKey', {})
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

/**
 * Keyrings were not always made with the normal form: what does not open with it is tried with the text as it came, and
 * with the byte order mark of a password file, which once was part of the password.
 */
const formsOf = (password: string): readonly string[] => [
  ...new Set([normalPassword(password), password, `\uFEFF${password}`]),
]

/** Where the password is not given, without. */
const withProof = <Result>(
  password: string | undefined,
  use: (proof: { password?: Uint8Array }) => Promise<Result>,
): Promise<Result> => (password === undefined ? use({}) : inAnyForm(password, (bytes) => use({ password: bytes })))

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
