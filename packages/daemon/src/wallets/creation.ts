import { Failure, type Network, newId, type Output, type Parsed, type walletOperations } from '@waiaas/contract'
import type { KeyRow, Proof } from '../keys/service.ts'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { ceilingStore } from './ceiling-store.ts'
import type { walletCeilings } from './ceilings.ts'
import type { WalletDependencies } from './dependencies.ts'
import { derivedAddresses, importSecret } from './importing.ts'
import { keyFailures } from './key-failures.ts'
import { storedKey } from './key-rows.ts'
import { nameLock, requireFreeName } from './naming.ts'
import { type WalletRow, walletStore } from './store.ts'
import { walletView } from './views.ts'

type CreateInput = Parsed<typeof walletOperations.createWallet>
type ImportInput = Parsed<typeof walletOperations.importWallet>
type DerivationsInput = Parsed<typeof walletOperations.listDerivations>
type Derivations = Output<typeof walletOperations.listDerivations>
type Created = Output<typeof walletOperations.createWallet>
type Imported = Output<typeof walletOperations.importWallet>

type Ceilings = Pick<ReturnType<typeof walletCeilings>, 'first'>
type Chosen = Pick<CreateInput, 'name' | 'chain' | 'environment' | 'defaultPolicy'>

/** Makes wallets: the key in the signer first, then everything that belongs to the wallet in one job. */
export function creation(parts: WalletDependencies, ceilings: Ceilings) {
  const { database, clock, keys, audit, sessions } = parts
  function assertAccepted(chosen: Chosen): void {
    assertSupported(parts.networks(), chosen.chain)
    if (chosen.environment === 'mainnet' && parts.refusesMainnet())
      throw new Failure(
        'RECOVERY_KEY_PRESENT',
        'expected a testnet wallet while recovery.key holds the generated master password, got a mainnet one; waiaas set-master removes the file',
      )
  }

  async function store({ id, chosen, ...made }: New, rest: (db: Handle, row: WalletRow) => Promise<void>) {
    const { key } = made
    const row = newWallet(chosen, { id, address: key.address, now: clock.now() })
    const ceiling = await ceilings.first(chosen, { ...made, hasDefaultPolicy: chosen.defaultPolicy })
    // Two imports of one key at the same time meet at the lock of its address.
    const exclusive = [`wallet:${id}`, `address:${key.chain}:${key.address}`, nameLock(row.name)]
    await database.work({ shared: ['system'], exclusive }, async (db) => {
      await requireFreeAddress(db, row)
      await requireFreeName(db, row.name)
      await walletStore.insert(db, await continued(db, row))
      await walletStore.insertKey(db, storedKey(key))
      await ceilingStore.set(db, id, ceiling)
      await parts.followOwners(db, row)
      await rest(db, row)
    })
    return row
  }

  return {
    /** A wallet with a fresh key, by default with a session and the modest spending limit. Failure RECOVERY_KEY_PRESENT. */
    async create(input: CreateInput, by: By, shown?: Proof): Promise<Created> {
      assertAccepted(input)
      const id = newId(clock.now())
      const key = await keyFailures(keys.create(id, input.chain))
      const session = input.createSession ? await sessions.prepare() : null
      let defaultPolicy: Created['defaultPolicy'] = null
      const row = await store(
        { id, chosen: input, key, isImported: false, shown },
        async (db, { name, chain, environment, address }) => {
          defaultPolicy = input.defaultPolicy ? await parts.installDefaultPolicy(db, id, by) : null
          const details = { name, chain, environment, address, defaultPolicy: defaultPolicy?.id ?? null }
          await audit.record(db, { event: 'WALLET_CREATED', walletId: id, ...by, details })
          if (session) await session.open(db, [id], by)
        },
      )
      return { ...walletView(parts.networks(), row), session: session?.view ?? null, defaultPolicy }
    },

    /** A wallet with a key from elsewhere. Failure INVALID_IMPORT, RECOVERY_KEY_PRESENT, WALLET_ADDRESS_EXISTS. */
    async importKey(input: ImportInput, by: By, shown?: Proof): Promise<Imported> {
      assertAccepted(input)
      const id = newId(clock.now())
      const secret = importSecret(input)
      const derivations = await derivedAddresses(keys, input.chain, secret)
      const key = await keyFailures(keys.import(id, input.chain, secret))
      let defaultPolicy: Created['defaultPolicy'] = null
      const row = await store(
        { id, chosen: input, key, isImported: true, shown },
        async (db, { name, chain, environment, address }) => {
          defaultPolicy = input.defaultPolicy ? await parts.installDefaultPolicy(db, id, by) : null
          const format = input.format ?? 'sealed'
          const details = { name, chain, environment, address, format, defaultPolicy: defaultPolicy?.id ?? null }
          await audit.record(db, { event: 'WALLET_IMPORTED', walletId: id, ...by, details })
        },
      )
      const ownerOf = await database.read((db) => parts.owners(db, [id]))
      const view = { ...walletView(parts.networks(), row, ownerOf(id)), defaultPolicy }
      return derivations.length > 1 ? { ...view, derivations } : view
    },

    listDerivations: (input: DerivationsInput) => derivationsOf(parts, input),
  }
}

/** What a recovery phrase gives. Failure INVALID_IMPORT. */
async function derivationsOf(
  { networks, keys }: Pick<WalletDependencies, 'networks' | 'keys'>,
  { chain, phrase, passphrase, sealed }: DerivationsInput,
): Promise<Derivations> {
  assertSupported(networks(), chain)
  const plain = { format: 'mnemonic', secret: phrase, passphrase } as const
  const secret = importSecret(sealed === undefined ? plain : { sealed })
  const items = await derivedAddresses(keys, chain, secret)
  if (items.length > 0) return { items }
  throw new Failure('INVALID_IMPORT', 'expected a recovery phrase without derivation and path')
}

type New = { id: string; chosen: Chosen; key: KeyRow; isImported: boolean; shown: Proof | undefined }
type Made = { id: string; address: string; now: number }

const newWallet = ({ name, chain, environment }: Chosen, { id, address, now }: Made): WalletRow => ({
  id,
  name,
  chain,
  environment,
  address,
  status: 'ACTIVE',
  suspended_at: null,
  suspension_reason: null,
  created_at: now,
  updated_at: now,
  terminated_at: null,
  purged_at: null,
  account: id,
  spends_unknown_before: null,
})

/** A key that comes in again spends from the windows that it left. */
const continued = async (db: Handle, row: WalletRow): Promise<WalletRow> => ({
  ...row,
  ...(await walletStore.predecessor(db, row.chain, row.address)),
})

function assertSupported(networks: readonly Network[], chain: Chosen['chain']): void {
  const supported = [...new Set(networks.map((network) => network.chain))]
  if (supported.includes(chain)) return
  throw new Failure(
    'CHAIN_NOT_SUPPORTED',
    `expected one of ${supported.join(', ')}, got ${chain}; this release has no networks of it`,
  )
}

async function requireFreeAddress(db: Handle, row: WalletRow): Promise<void> {
  const other = await walletStore.liveByAddress(db, row.chain, row.address)
  if (!other) return
  const { id, name, address } = other
  throw new Failure('WALLET_ADDRESS_EXISTS', `wallet "${name}" (${id}) already has the address ${address}`, {
    details: { walletId: id },
  })
}
