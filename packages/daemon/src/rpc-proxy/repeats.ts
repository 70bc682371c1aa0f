import { newId } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { sha256 } from '../platform/sha256.ts'
import { followed } from '../transactions/service.ts'
import { type CallRow, callStore } from './store.ts'

/** For so long the same may be asked for by somebody who did not hear what became of it. */
const REPEAT_MS = 3_600_000
const KEPT_MS = 7 * 86_400_000

type Parts = { readonly database: Database; readonly clock: Clock; readonly log: Log }
/** `asked` is all of what is asked for. `isPlaced`: it names its nonce, so that it is one thing whoever has heard of it. */
export type Asked = { readonly sessionId: string; readonly asked: unknown; readonly isPlaced: boolean }
/** One call under its key. */
export type Once = {
  readonly key: string
  /** It is this transaction from now on. */
  note(transaction: string): Promise<void>
  /** What became of it has reached whoever asked: the same asked for again is another one. */
  answered(): void
}
export type Repeats = ReturnType<typeof repeats>

/**
 * Which calls are one: clients of nodes have no key for it, and ask again when they hear nothing. The same call is the one
 * before until its end was heard; one that names its nonce is that for good, unless it ended without taking it.
 */
export function repeats({ database, clock, log }: Parts) {
  /** Until it is written. */
  const heard = new Set<string>()

  /** Whether it is that call again, and not another one like it. */
  async function isSame(db: Handle, row: CallRow, { isPlaced }: Asked): Promise<boolean> {
    const isHeard = row.is_answered === 1 || heard.has(row.key)
    const [now] = row.transaction_id === null ? [] : await followed(db, [row.transaction_id], [])
    const hasEnded = now && (ENDED.includes(now.status) || (now.status === 'FAILED' && now.tx_hash === null))
    if (isPlaced && now) return !(hasEnded && isHeard)
    const isOpen = now !== undefined && OPEN.includes(now.status)
    return !isHeard && (isOpen || row.asked_at > clock.now() - REPEAT_MS)
  }

  async function find(asking: Asked): Promise<{ key: string; identity: string }> {
    const { sessionId, asked } = asking
    const identity = sha256(JSON.stringify(asked))
    return database.work({ exclusive: [`session:${sessionId}`] }, async (db) => {
      const now = clock.now()
      const row = await callStore.find(db, { session: sessionId, identity })
      const same = row && (await isSame(db, row, asking)) ? row : undefined
      const { key, transaction_id } = same ?? { key: `node:${newId(now)}`, transaction_id: null }
      const next = { session_id: sessionId, identity, key, transaction_id, is_answered: same?.is_answered ?? 0 }
      await callStore.put(db, { ...next, asked_at: now })
      await callStore.forget(db, now - KEPT_MS)
      return { key, identity }
    })
  }

  async function write(named: { session: string; identity: string; key: string }): Promise<void> {
    try {
      await database.work({}, (db) => callStore.answered(db, named))
      heard.delete(named.key)
    } catch (error) {
      // It counts as not heard after a restart: the same is found again then, and nothing is paid twice.
      log.warn({ err: error }, 'that an answer of the JSON-RPC proxy was heard is not written')
    }
  }

  return {
    /** A call that its sender has named: the same name is the same call, for good. */
    async named(sessionId: string, name: unknown): Promise<Omit<Once, 'answered'>> {
      const identity = sha256(JSON.stringify(name))
      const key = `node:${identity}`
      return {
        key,
        note: async (transaction) => {
          const row = { session_id: sessionId, identity, key, transaction_id: transaction, is_answered: 1 }
          await database.work({}, (db) => callStore.put(db, { ...row, asked_at: clock.now() }))
        },
      }
    },

    /** What a name stands for. */
    async namedAs(sessionId: string, name: unknown): Promise<string | undefined> {
      const identity = sha256(JSON.stringify(name))
      const row = await database.read((db) => callStore.find(db, { session: sessionId, identity }))
      return row?.transaction_id ?? undefined
    },

    async once(asking: Asked): Promise<Once> {
      const { key, identity } = await find(asking)
      const named = { session: asking.sessionId, identity, key }
      return {
        key,
        note: async (transaction) => {
          await database.work({}, (db) => callStore.note(db, { ...named, transaction }))
        },
        answered() {
          heard.add(key)
          void write(named)
        },
      }
    },
  }
}

const OPEN: readonly string[] = ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING']
const ENDED: readonly string[] = ['CANCELLED', 'EXPIRED']
