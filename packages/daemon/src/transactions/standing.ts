import { type Base, isFailure, usdCost } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import { bookStanding, type StandingSeen, standingBeside } from '../ledger/service.ts'
import { type Handle, statement } from '../platform/db/database.ts'
import { dueWorker, type Next } from '../platform/due-rows.ts'
import type { Loop } from '../platform/jobs.ts'
import { scopeOf } from './job.ts'
import type { ServiceParts } from './parts.ts'

/** What changes little is looked at less and less often. */
const [SOONEST_MS, LATEST_MS] = [2_000, 600_000]

const addressOf = statement<{ account: string }, { address: string }>((db, p) =>
  db.selectFrom('wallets').select('address').where('account', '=', p('account')).limit(1),
)

type Parts = Pick<ServiceParts, 'database' | 'clock' | 'log' | 'instance' | 'chain' | 'prices' | 'findToken'>
type Standing = Awaited<ReturnType<typeof standingBeside>>

/** Looks what others have taken of what they were allowed, and books it; what nobody tells stays held. */
export function standingAllowances(parts: Parts): Loop {
  const { database, clock } = parts

  async function look(id: string): Promise<Next> {
    const { rows, address } = await database.read((db) => found(db, id))
    const own = rows.find((row) => row.id === id)
    if (!own) return { over: true }
    const dueAt = (changedAt: number): number => {
      const waits = (clock.now() - changedAt) / 2
      return clock.now() + Math.floor(Math.min(LATEST_MS, Math.max(SOONEST_MS, waits)))
    }
    const seen = address === undefined ? undefined : await seenOf(parts, rows, address).catch(unlessFailure)
    if (seen === NO_TOKEN) return { over: true }
    // Of what has no end nothing is known without a balance.
    if (!seen || (seen.balance === null && rows.some(({ unlimited }) => unlimited === 1)))
      return { dueAt: dueAt(own.changed_at) }
    const isBooked = await database.work(scopeOf(own.account, rows), (db) =>
      bookStanding(db, rows, { seen, at: clock.now(), dueAt }),
    )
    return { dueAt: isBooked ? dueAt(clock.now()) : clock.now() }
  }

  return dueWorker(parts, { name: 'standing allowances', table: 'standing_allowances', run: look })
}

async function found(db: Handle, id: string): Promise<{ rows: Standing; address: string | undefined }> {
  const rows = await standingBeside(db, id)
  const account = rows[0]?.account
  return { rows, address: account && (await db.get(addressOf, { account }))?.address }
}

/** An approval of one NFT has the form of one of a token. */
const NO_TOKEN = 'no token'

/** Undefined where the chain does not tell what is open of each. */
async function seenOf(
  parts: Parts,
  rows: Standing,
  owner: string,
): Promise<StandingSeen | typeof NO_TOKEN | undefined> {
  const { network: id, asset } = rows[0]!
  const chain = await parts.chain(id)
  const token = asset.slice(asset.lastIndexOf(':') + 1)
  // What is taken between the two is missing in what is open, and not yet in the balance.
  const balance = await balanceOf(parts, chain, { asset, owner }).catch(unlessFailure)
  if (balance === NO_TOKEN) return balance
  const spenders = [...new Set(rows.map(({ spender }) => spender))]
  const told = await chain.allowances(
    owner,
    spenders.map((spender) => ({ token, spender })),
  )
  const known = spenders.flatMap((spender, index) => (told[index] ? [{ spender, ...told[index] }] : []))
  if (known.length < spenders.length) return undefined
  const { network } = chain
  await parts.prices.refresh(network, [asset])
  const price = parts.prices.current(network, [asset])[asset]
  return {
    open: new Map(known.map(({ spender, open }) => [spender, open])),
    lapsed: new Map(known.map(({ spender, lapsed }) => [spender, lapsed])),
    balance: balance ?? null,
    usd: (amount: Base) => (price ? usdCost(amount, price) : null),
  }
}

type Owned = { asset: string; owner: string }

async function balanceOf({ findToken }: Parts, chain: Reader, { asset, owner }: Owned) {
  const token = await findToken(chain, { assetId: asset }).catch((error: unknown): typeof NO_TOKEN => {
    if (isFailure(error, 'TOKEN_NOT_FOUND')) return NO_TOKEN
    throw error
  })
  if (token === NO_TOKEN) return token
  const all = await chain.tokenBalances(owner, [token])
  return all.find((one) => one.token.asset === token.asset)?.amount
}

function unlessFailure(error: unknown): undefined {
  if (!isFailure(error)) throw error
}
