import { type ceilingOperations, LOCAL_NETWORKS, type Network, type Output } from '@waiaas/contract'
import { type Ceiling, type ChainCeiling, hadCeiling, type KeyRow, type Proof, type Sealed } from '../keys/service.ts'
import type { Handle } from '../platform/db/database.ts'
import { installedDollars } from '../policies/service.ts'
import { ceilingOf } from './ceiling-consents.ts'
import { type ProposalSources, proposedCeiling } from './ceiling-proposal.ts'
import { ceilingStore } from './ceiling-store.ts'
import { ownersView } from './ceiling-view.ts'
import type { WalletDependencies } from './dependencies.ts'
import { keyFailures } from './key-failures.ts'
import { needLiveWallet, needWallet } from './lookup.ts'
import { networksOf } from './networks.ts'
import type { WalletRow } from './store.ts'

type Place = Pick<WalletRow, 'chain' | 'environment'>
type New = { key: KeyRow; isImported: boolean; hasDefaultPolicy: boolean; shown: Proof | undefined }

/** When a ceiling is proposed: for a key that comes in, for one of before, and when the operator asks for it. */
export function ceilingProposals({ database, keys, audit, networks, ceilings: sources }: WalletDependencies) {
  const listedFor = (db: Handle, place: Place) =>
    Promise.all(
      networksOf(withLocal(networks()), place).map(async (network) => ({
        network,
        tokens: await sources.tokens(db, network),
      })),
    )

  type From = Pick<ProposalSources, 'isImported' | 'dollars' | 'isBounded'>
  const proposed = async (db: Handle, place: Place, from: From): Promise<Ceiling> =>
    proposedCeiling(place, await listedFor(db, place), { ...from, priceOf: sources.priceOf })

  /** What the policies and prices of now propose; calls and recipients stay as they were said. */
  async function anew(row: WalletRow, before: Ceiling): Promise<Ceiling> {
    const { chains } = await database.read(async (db) => {
      const dollars = await sources.dollars(db, row.id)
      return proposed(db, row, { isImported: true, dollars, isBounded: false })
    })
    const kept = Object.entries(chains).map(([chain, limits]) => {
      const contracts = before.chains[chain]?.contracts ?? []
      return [chain, { ...limits, contracts }] as const
    })
    return { ...before, chains: Object.fromEntries(kept) }
  }

  /** Where the key has been is not known, and who has written to the database may have written the policies. */
  async function makeFor(id: string, password: string): Promise<void> {
    const { address, next } = await database.read(async (db) => {
      const row = await needWallet(db, id)
      const dollars = await sources.dollars(db, id)
      return { address: row.address, next: await proposed(db, row, { isImported: true, dollars, isBounded: true }) }
    })
    const sealed = await keys.firstCeiling({ address, next }, password)
    await database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, async (db) => {
      if (await ceilingStore.byWallet(db, id)) return
      await ceilingStore.set(db, id, sealed)
      const details = { network: 'all', from: null, to: next, loosens: true as const }
      const event = 'WALLET_CEILING_CHANGED'
      await audit.record(db, { event, walletId: id, actor: 'system', details, raised: 'warning' })
    })
  }

  return {
    listedFor,
    anew,
    /** The first ceiling of a key that has just come in; to be stored with its wallet. */
    async first(place: Place, { key, isImported, hasDefaultPolicy, shown }: New): Promise<Sealed> {
      // In a sealed call the operator says that a key is made for tests, and nothing of policies or prices.
      const isOpen = typeof shown === 'string'
      const isForTests = !isImported && place.environment === 'testnet'
      const isBounded = !isOpen && !(shown !== undefined && isForTests)
      const next = await database.read(async (db) => {
        const general = await sources.dollars(db, key.walletId)
        const dollars = hasDefaultPolicy ? [...general, installedDollars()] : general
        return proposed(db, place, { isImported, dollars, isBounded })
      })
      const vouched = isOpen || isForTests ? shown : undefined
      return keyFailures(keys.firstCeiling({ address: key.address, next }, vouched))
    },

    /** Gives wallets one whose keys are from before there were ceilings, but none a second time. */
    async makeMissing(password: string): Promise<void> {
      for (const { id, ciphertext } of await database.read(ceilingStore.wanting)) {
        const hadOne = hadCeiling(ciphertext) || (await database.read((db) => ceilingStore.isTold(db, id)))
        if (!hadOne) await makeFor(id, password)
      }
    },
  }
}

/** What the policies and prices of now propose, in base units, and who may be asked in place of the password. */
export async function proposal(
  { database, checkableOwners }: Pick<WalletDependencies, 'database' | 'checkableOwners'>,
  { anew }: Pick<ReturnType<typeof ceilingProposals>, 'anew'>,
  id: string,
): Promise<Output<typeof ceilingOperations.proposeWalletCeiling>> {
  const { row, now, owners } = await database.read(async (db) => ({
    row: await needLiveWallet(db, id),
    now: await ceilingStore.byWallet(db, id),
    owners: (await checkableOwners(db, [id]))(id),
  }))
  const { chains } = await anew(row, ceilingOf(now))
  return {
    id,
    address: row.address,
    chains: Object.fromEntries(Object.entries(chains).map(([chain, limits]) => [chain, exactLimits(limits)])),
    owners: ownersView(owners),
  }
}

const exactLimits = ({ deploys = false, contracts, ...limits }: ChainCeiling) => ({
  ...limits,
  deploys,
  contracts: [...contracts],
})

/** Local networks may be configured later. */
const withLocal = (networks: readonly Network[]): Network[] => [
  ...networks,
  ...LOCAL_NETWORKS.filter(({ id }) => networks.every((one) => one.id !== id)),
]
