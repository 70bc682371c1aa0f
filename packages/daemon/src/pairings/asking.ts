import { randomBytes } from 'node:crypto'
import {
  Failure,
  MOST_PAIRING_NAME,
  MOST_PAIRING_SCOPE,
  newId,
  type Output,
  type Parsed,
  type pairingOperations,
} from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { shownCode } from '../platform/codes.ts'
import type { Handle } from '../platform/db/database.ts'
import { peerGroup } from '../platform/http/peer.ts'
import { sha256 } from '../platform/sha256.ts'
import { codeHash, type PairingDependencies, type Stops } from './dependencies.ts'
import { INTERVAL_S, LIFE_MS, needSeen, newCode, paced, requirePlace, requireRoom } from './rules.ts'
import { type PairingRow, pairingStore } from './store.ts'

type Operations = typeof pairingOperations
type Polled = Output<Operations['pollPairing']>

/** Rows that are over are kept for an hour more, so that a late poll hears why. */
const KEPT_MS = 3_600_000

/** The agent's side: it asks, shows the code and polls. */
export function asking(parts: PairingDependencies, stops: Stops) {
  const { database, clock, sessions } = parts

  async function requireFree(db: Handle, group: string): Promise<number> {
    const epoch = await stops.needEpoch(db)
    const now = clock.latest()
    requireRoom(await pairingStore.open(db, now, epoch), group, now)
    return epoch
  }

  /** Under another code each time; false when that is another one's. */
  function insert(row: Omit<PairingRow, 'epoch'>): Promise<boolean> {
    return database.work({ shared: ['system'], exclusive: ['pairings'] }, async (db) => {
      const epoch = await requireFree(db, row.peer_group)
      await pairingStore.forget(db, row.created_at - KEPT_MS)
      return pairingStore.insert(db, { ...row, epoch })
    })
  }

  /** What is left to say of one that the operator has not approved. */
  async function waiting(row: PairingRow): Promise<Polled> {
    const now = clock.latest()
    if (row.expires_at <= now) throw expired('nobody approved it in time')
    const { interval, isTooSoon } = paced(row, now)
    await database.work({ exclusive: [`pairing:${row.id}`] }, (db) =>
      pairingStore.polled(db, { id: row.id, at: now, interval }),
    )
    return { status: isTooSoon ? 'SLOW_DOWN' : 'PENDING', interval }
  }

  return {
    async start({ name, scopes = [] }: Parsed<Operations['startPairing']>, peer: string) {
      requirePlace(peer, parts.isRemoteAllowed())
      const seen = needSeen('name', name, MOST_PAIRING_NAME)
      const wanted = scopes.map((scope, at) => needSeen(`scopes.${at}`, scope, MOST_PAIRING_SCOPE))
      const group = peerGroup(peer)
      // A flood is turned away before it takes a lock.
      await database.read((db) => requireFree(db, group))
      const pollToken = `wai_pair_${randomBytes(32).toString('base64url')}`
      for (;;) {
        const code = newCode()
        const now = clock.latest()
        const row = {
          ...{ id: newId(clock.now()), code_hash: codeHash(code), poll_hash: sha256(pollToken) },
          ...{ name: seen, scopes: JSON.stringify(wanted), peer, peer_group: group },
          ...{ status: 'PENDING' as const, session_id: null, fetch_until: null, interval_s: INTERVAL_S },
          ...{ polled_at: null, created_at: now, expires_at: now + LIFE_MS },
        }
        if (!(await insert(row))) continue
        const shown = shownCode(code)
        const command = `waiaas agent pair ${shown}`
        return { code: shown, pollToken, interval: INTERVAL_S, expiresAt: seconds(row.expires_at), command }
      }
    },

    async poll({ pollToken }: Parsed<Operations['pollPairing']>): Promise<Polled> {
      const { row, isStopped } = await database.read(async (db) => {
        const row = await pairingStore.byPoll(db, sha256(pollToken))
        return { row, isStopped: row !== undefined && (await stops.hasEnded(db, row)) }
      })
      if (!row) throw new Failure('PAIRING_NOT_FOUND', 'no pairing has this poll token')
      if (row.status === 'DENIED') throw new Failure('PAIRING_DENIED', 'the operator denied it')
      if (isStopped) throw expired('a stop ended it')
      if (row.session_id === null || row.fetch_until === null) return waiting(row)
      const session = await sessions.unclaimed(row.session_id)
      if (!session) throw expired('its token was used, and is not told again')
      if (row.fetch_until <= clock.latest()) throw expired('its token was not fetched in time')
      return { status: 'APPROVED', interval: row.interval_s, session }
    },
  }
}

const expired = (why: string) => new Failure('PAIRING_EXPIRED', `the pairing is over: ${why}`)
