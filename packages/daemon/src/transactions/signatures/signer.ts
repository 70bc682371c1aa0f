import { isFailure } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import { seal } from '../../platform/sealed-text.ts'
import { assetsOf } from '../deciding/judgement.ts'
import { type Parts, scopeOf } from '../job.ts'
import { hasPriceMoved } from '../lanes/decision-age.ts'
import { endUnsent } from '../rows/ending.ts'
import { effectsOf } from '../rows/readings.ts'
import { readyStore } from '../rows/ready-store.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { issueMessage } from './issue.ts'
import { recordMessage, takeBack } from './record.ts'
import { signatureStore } from './signature-store.ts'
import { signMessages } from './signing.ts'
import { messageOf } from './unsigned.ts'

type LaneKey = { lane: string; wallet_id: string; network: string }

const AT_ONCE = 16
/** One that cannot be signed now is looked at again after this. */
const AGAIN_MS = 2_000

export type MessageSigner = ReturnType<typeof messageSigner>

/** Makes the signatures of messages that may be signed: at once for who asks, else when their delay or approval is there. */
export function messageSigner(parts: Parts) {
  const { database, log } = parts
  const running = new Map<string, Promise<void>>()
  const putOff = new Map<string, number>()
  let isStopped = false

  /** One at a time of each. */
  function run(id: string): Promise<void> {
    const known = running.get(id)
    if (known) return known
    const made = sign(id).finally(() => running.delete(id))
    running.set(id, made)
    return made
  }

  async function sign(id: string): Promise<void> {
    const read = () => database.read((db) => transactionStore.byId(db, id))
    let row = await read()
    if (row?.status === 'EXECUTING') {
      await recover(parts, row)
      row = await read()
    }
    if (row?.status !== 'PENDING' || isStopped) return
    const chain = await parts.chain(row.network)
    const scope = scopeOf(row.wallet_id, [row])
    const message = await readable(parts, chain, row)
    if (!message) return
    const mustJudge = hasPriceMoved(row, chain.network, parts.prices.current)
    if (mustJudge) await parts.prices.refresh(chain.network, assetsOf(effectsOf(row)))
    const issued = await database.work(scope, (db) => issueMessage({ parts, db }, { id, message, mustJudge }))
    if (!issued) return
    const round = await signMessages(parts, { walletId: row.wallet_id, issued })
    const key = await parts.signatureKey()
    const sealed = (name: string, text: string) => seal(key, name, text)
    await database.work(scope, (db) => recordMessage({ parts, db }, issued, { chain, round, seal: sealed }))
    key.fill(0)
    for (const outcome of round.outcomes) if ('signature' in outcome) outcome.signature.fill(0)
  }

  async function wake({ lane, wallet_id: wallet }: LaneKey): Promise<void> {
    const now = performance.now()
    for (const [id, until] of putOff) if (until <= now) putOff.delete(id)
    const rows = await database.read(async (db) => [
      ...(await readyStore.next(db, { lane, wallet, count: AT_ONCE + putOff.size })),
      ...(await signatureStore.executing(db, { lane, wallet, count: AT_ONCE })),
    ])
    for (const { id } of rows.filter((row) => !putOff.has(row.id) && !running.has(row.id)).slice(0, AT_ONCE)) {
      putOff.set(id, now + AGAIN_MS)
      await run(id).catch((error) => log.error({ err: error, transaction: id }, 'a message cannot be signed now'))
    }
  }

  const waking = new Map<string, Promise<void>>()
  return {
    /** Signs one that may be signed; what became of it stands in its row. */
    run,
    /** Something of this lane may be ready. */
    kick(key: LaneKey): void {
      if (isStopped || waking.has(key.lane)) return
      const woken = wake(key)
        .catch((error) => log.error({ err: error, lane: key.lane }, 'messages cannot be signed now'))
        .finally(() => waking.delete(key.lane))
      waking.set(key.lane, woken)
    },
    async stop(): Promise<void> {
      isStopped = true
      await Promise.allSettled([...waking.values(), ...running.values()])
    },
  }
}

/** What would be signed. It ends where an earlier version took what this one does not sign for anybody. */
async function readable(parts: Parts, chain: Chain, { id, wallet_id, session_id, ...row }: TransactionRow) {
  try {
    return messageOf(chain, row)
  } catch (error) {
    if (!isFailure(error, 'INVALID_TRANSACTION')) throw error
    const ending = { to: 'CANCELLED', code: error.code, error: error.message, actor: 'system' } as const
    await parts.database.work(scopeOf(wallet_id, [{ session_id }]), async (db) => {
      const now = await transactionStore.byId(db, id)
      if (now?.status === 'PENDING') await endUnsent({ parts, db }, now, ending)
    })
    return undefined
  }
}

/** What its process did not finish was told to nobody. */
async function recover(parts: Parts, row: TransactionRow): Promise<void> {
  const { database, clock } = parts
  await database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const kept = await signatureStore.byId(db, row.id)
    // The data directory's lock admits one process to SQLite.
    const isGone = database.engine === 'sqlite' || !kept || kept.lease_until <= clock.latest()
    if (kept?.sealed || (!isGone && kept.owner !== parts.instance)) return
    await takeBack({ parts, db }, row.id)
  })
}
