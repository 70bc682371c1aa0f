import type { Database } from '../src/platform/db/database.ts'
import { addressOf } from '../src/transactions/lanes/lane-id.ts'
import type { MadeUpNode } from './made-up-node.ts'

/** So much of it is enough to see why. */
const MOST_LANES = 3
const ENDED = ['final', 'void', 'reused'] as const

/** What has signed bytes whose fate is not booked: one line of each. */
export const outOn = (database: Database) =>
  database.read((db) =>
    db.query((k) =>
      k
        .selectFrom('spends')
        .innerJoin('transactions', 'transactions.id', 'spends.transaction_id')
        .select(['transactions.id', 'transactions.lane', 'transactions.status', 'transactions.wait_reason'])
        .where('spends.state', '=', 'out')
        .orderBy('transactions.id'),
    ),
  )

/**
 * Test support: what is on its way and where it stands, for who reads why a test waited in vain: the lane as the database
 * has it, what it is to sign, its attempts, and what the node makes of them.
 */
export async function onItsWay(database: Database, node: MadeUpNode): Promise<string> {
  const out = await outOn(database)
  const lanes = [...new Set(out.map(({ lane }) => lane))]
  const shown = await Promise.all(lanes.slice(0, MOST_LANES).map((lane) => laneText(database, node, lane)))
  const head = `${out.length} on ${lanes.length} lanes at block ${node.height()}, ${JSON.stringify(node.traits)}, at ${new Date().toISOString()}`
  return [head, ...shown].join('\n')
}

async function laneText(database: Database, node: MadeUpNode, id: string): Promise<string> {
  const [lane, requests, attempts] = await database.read(async (db) => [
    await db.query((k) => k.selectFrom('lanes').selectAll().where('id', '=', id)),
    await db.query((k) =>
      k
        .selectFrom('transactions')
        .select(['id', 'status', 'type', 'tier', 'session_id', 'error', 'wait_reason', 'due_at', 'updated_at'])
        .where('lane', '=', id)
        .where('status', 'in', ['PENDING', 'QUEUED', 'EXECUTING', 'SUBMITTED'])
        .orderBy('id'),
    ),
    await db.query((k) =>
      k
        .selectFrom('attempts')
        .select(['id', 'transaction_id', 'state', 'purpose', 'nonce', 'last_valid', 'hash', 'left_at', 'max_fee'])
        .where('lane', '=', id)
        .where('state', 'not in', ENDED)
        .orderBy('id'),
    ),
  ])
  const seen = attempts.map((row) => ({ ...row, chain: row.hash && onChain(node, row.hash) }))
  const nonce = `the chain's next nonce is ${node.nonce(addressOf(id))}`
  const lines = (title: string, rows: readonly unknown[]) => [title, ...rows.map((row) => `  ${JSON.stringify(row)}`)]
  return [
    `lane ${JSON.stringify(lane[0])}; ${nonce}`,
    ...lines('requests:', requests),
    ...lines('attempts:', seen),
  ].join('\n')
}

function onChain(node: MadeUpNode, hash: string): string {
  const landed = node.landing(hash)
  if (landed) return `in block ${landed.block.height}`
  if (node.pool.has(hash)) return 'in the pool'
  const arrived = node.sent.filter((tx) => tx.hash === hash).length
  return arrived === 0 ? 'never arrived' : `arrived ${arrived} times, and is not in the pool`
}
