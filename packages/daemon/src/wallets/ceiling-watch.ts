import { LOCAL_NETWORKS, type Network, signedChain } from '@waiaas/contract'
import type { CeilingText, CountText } from '../keys/service.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { ceilingStore } from './ceiling-store.ts'
import { usedOf } from './ceiling-view.ts'

/** Of a day's amount, in percent. */
const NEAR = 80n
const FRESH_MS = 10_000

type Parts = { database: Database; networks: () => readonly Network[] }
type Concerns = readonly string[]

/** Which ceilings the operator should look at: gone, or nearly used up. */
export function ceilingWatch({ database, networks }: Parts) {
  let last: { at: number; concerns: Concerns } = { at: Number.NEGATIVE_INFINITY, concerns: [] }
  let reading: Promise<Concerns> | undefined

  async function read(): Promise<Concerns> {
    const known = [...networks(), ...LOCAL_NETWORKS]
    const concerns = await database.read(async (db) => {
      const found = (await ceilingStore.wanting(db)).map(missing)
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
