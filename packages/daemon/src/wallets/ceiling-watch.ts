import { LOCAL_NETWORKS, type Network, signedChain } from '@waiaas/contract'
import { type CeilingText, type CountText, type KnownOwners, sameOwners } from '../keys/service.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { ceilingStore } from './ceiling-store.ts'
import { usedOf } from './ceiling-view.ts'
import type { WalletDependencies } from './dependencies.ts'

/** Of a day's amount, in percent. */
const NEAR = 80n
const FRESH_MS = 10_000

type Parts = { database: Database; networks: () => readonly Network[] } & Pick<WalletDependencies, 'checkableOwners'>
type Concerns = readonly string[]

/** Which ceilings the operator should look at: gone, nearly used up, or without the owners who have verified. */
export function ceilingWatch({ database, networks, checkableOwners }: Parts) {
  let last: { at: number; concerns: Concerns } = { at: Number.NEGATIVE_INFINITY, concerns: [] }
  let reading: Promise<Concerns> | undefined

  async function read(): Promise<Concerns> {
    const known = [...networks(), ...LOCAL_NETWORKS]
    const concerns = await database.read(async (db) => {
      const found = (await ceilingStore.wanting(db)).map(missing)
      found.push(...(await unknownOwners(db, checkableOwners)))
      for (const { text } of await ceilingStore.allCounts(db))
        found.push(...(await nearOn(db, JSON.parse(text), known)))
      return found
    })
    last = { at: performance.now(), concerns: [...new Set(concerns)] }
    return last.concerns
  }

  return {
    /** Looks now. */
    read,
    /** What was found lately; it is looked again while somebody asks. */
    recent(): Concerns {
      if (performance.now() - last.at > FRESH_MS)
        reading ??= read().finally(() => {
          reading = undefined
        })
      // A database that does not answer is the affair of its own check.
      reading?.catch(() => undefined)
      return last.concerns
    },
  }
}

const missing = ({ name }: { name: string }): string =>
  `wallet ${name} has no ceiling, so it signs nothing: look for who removed it, then waiaas wallet ceiling ${name} --from-policies`

/** Wallets whose owners have verified, and whose signer asks others, or the master password alone; or whose signer asks those who own them no more. */
async function unknownOwners(db: Handle, checkable: Parts['checkableOwners']): Promise<string[]> {
  const all = await ceilingStore.ofLive(db)
  const verified = await checkable(
    db,
    all.map(({ id }) => id),
  )
  return all.flatMap(({ id, name, text }) => {
    const [owners, known] = [verified(id), (JSON.parse(text) as CeilingText).ceiling.owners]
    if (owners === undefined) return known === undefined ? [] : [stale(name)]
    return isSame(owners, known) ? [] : [unknown(name)]
  })
}

const isSame = (owners: KnownOwners, known: KnownOwners | undefined): boolean =>
  known !== undefined && sameOwners(owners, known)
const stale = (name: string): string =>
  `the signer of wallet ${name} asks owners whose word counts no more, or too few of whose: look at waiaas wallet owner show ${name}, then waiaas wallet ceiling ${name} --owners none`
const unknown = (name: string): string =>
  `the signer of wallet ${name} does not know the owners who have verified: waiaas wallet ceiling ${name} --owners verified`

async function nearOn(db: Handle, count: CountText, networks: readonly Network[]): Promise<string[]> {
  const spent = Object.keys(count.spent).filter((asset) => usedOf([count], asset) > 0n)
  const wallet = spent.length > 0 ? await ceilingStore.ofAddress(db, count.address) : undefined
  const network = networks.find((one) => signedChain(one) === count.chain)
  if (!wallet || !network) return []
  // Of the signer's making.
  const { ceiling }: CeilingText = JSON.parse(wallet.text)
  const limits = ceiling.chains[count.chain]
  if (!limits) return []
  const command = `waiaas wallet ceiling ${wallet.name} --network ${network.id}`
  return [
    { asset: 'native', symbol: network.native.symbol, day: limits.native.day, flags: '' },
    ...Object.entries(limits.tokens).map(([asset, { day }]) => ({
      ...{ asset, symbol: `the token ${asset}`, day, flags: ` --token ${asset}` },
    })),
  ].flatMap(({ asset, symbol, day, flags }) => {
    const share = shareOf(usedOf([count], asset), BigInt(day))
    if (share < NEAR) return []
    return [`wallet ${wallet.name} has used ${share} % of its ceiling for ${symbol} in 24 hours: ${command}${flags}`]
  })
}

const shareOf = (used: bigint, most: bigint): bigint => (most === 0n ? 0n : (used * 100n) / most)
