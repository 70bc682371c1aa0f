import { isFailure } from '@waiaas/contract'
import { until } from '../../../test/support/until.ts'
import { killSwitchStore } from '../src/killswitch/store.ts'
import { walletStore } from '../src/wallets/store.ts'
import type { MadeUpBed } from './made-up-bed.ts'
import { agent, operator } from './pipeline-bed.ts'

/** What befalls one payment: a wallet of its own, a recipient of its own, an amount that is told from all others. */
export type Case = {
  readonly bed: MadeUpBed
  readonly from: { id: string; address: string; session: string }
  readonly to: string
  readonly amount: bigint
  readonly before: bigint
  readonly name: string
  id: string
  /** What was paid by others with the key of the wallet. */
  elsewhere: number
  /** What ends by itself, and must not be waited for where the lane itself waits. */
  readonly later: Promise<unknown>[]
}
export type Event = (met: Case) => Promise<unknown>

/** What a caller is told does not matter here; anything but a failure of the catalogue is a fault. */
export const unlessRefused = (asked: Promise<unknown>): Promise<unknown> =>
  asked.catch((error: unknown) => {
    if (!isFailure(error)) throw error
  })

const why = { error: 'stopped', code: 'WALLET_SUSPENDED', actor: 'operator' } as const
const setWallet = ({ bed, from }: Case, status: 'ACTIVE' | 'SUSPENDED') =>
  bed.database.work({ exclusive: ['system', `wallet:${from.id}`] }, async (db) => {
    if ((await walletStore.byId(db, from.id))?.status === 'TERMINATED') return
    await db.query((k) => k.updateTable('wallets').set({ status }).where('id', '=', from.id))
    if (status === 'SUSPENDED') await bed.service.stops.begin(db, { ...why, walletId: from.id })
  })
const endWallet = ({ bed, from }: Case) =>
  bed.database.work({ exclusive: ['system', `wallet:${from.id}`] }, async (db) => {
    await db.query((k) => k.updateTable('wallets').set({ status: 'TERMINATED' }).where('id', '=', from.id))
    await bed.service.stops.begin(db, { ...why, code: 'WALLET_TERMINATED', walletId: from.id })
    await walletStore.deleteKey(db, from.id)
    await walletStore.purge(db, from.id, 1)
  })
/** What a unit is worth unless an event says otherwise, and the bounds of what events say. */
export const PRICE = { lowest: 1_000n, usual: 2_000n, highest: 4_000n } as const
export const setPrice = (bed: MadeUpBed, usd: bigint | undefined): void =>
  bed.setPrice(`native:${bed.node.network.id}`, usd === undefined ? undefined : String(usd))
const priced =
  (usd: bigint | undefined): Event =>
  async ({ bed }) =>
    setPrice(bed, usd)
export const moveSwitch = (bed: MadeUpBed, to: 'ACTIVE' | 'SUSPENDED') =>
  bed.database.work({ exclusive: ['system', 'evidence:system'] }, async (db) => {
    const { state: from } = await killSwitchStore.read(db)
    if (from === to) return
    await killSwitchStore.swap(db, { from, to, at: null, by: null, lockedAt: null })
    if (to === 'SUSPENDED') await bed.service.stops.begin(db, why)
  })
type Column = 'due_at' | 'approval_expires_at' | 'gas_until'
const overdue =
  (column: Column): Event =>
  ({ bed, from, id }) =>
    bed.database.work({ exclusive: [`wallet:${from.id}`] }, (db) =>
      db.query((k) =>
        k
          .updateTable('transactions')
          .set({ [column]: 1 })
          .where('id', '=', id)
          .where(column, 'is not', null),
      ),
    )
const countPolicies = ({ bed, from }: Case) =>
  bed.database.read(
    async (db) =>
      (await db.query((k) => k.selectFrom('policies').select('id').where('wallet_id', '=', from.id))).length,
  )
const limited =
  (most: number): Event =>
  async (met) => {
    const before = await countPolicies(met)
    const limits = { instant_max_usd: most, notify_max_usd: most, delay_max_usd: most, daily_limit_usd: 10_000 }
    let isOver = false
    const set = unlessRefused(met.bed.limit(met.from.id, limits)).finally(() => {
      isOver = true
    })
    met.later.push(set)
    // Of a wallet that is purged nothing is stored.
    const isStored = async () => isOver || (await countPolicies(met)) > before
    await until('the policy to be stored', isStored, { everyMs: 5 })
  }
const replaced =
  (purpose: 'speed-up' | 'cancel'): Event =>
  async ({ bed, id, later }) =>
    void later.push(unlessRefused(bed.service.replace(id, operator, { with: purpose })))
/** One block at most ever leaves the chain, so that what is final stays. */
const highest = new WeakMap<object, number>()
const reorganised: Event = async ({ bed: { node } }) => {
  if (node.height() < (highest.get(node) ?? 1)) return
  highest.set(node, node.height())
  node.reorganise(1)
}

export const EVENTS = {
  approve: ({ bed, id }) => unlessRefused(bed.service.approve(id)),
  reject: ({ bed, id }) => unlessRefused(bed.service.reject(id)),
  cancel: ({ bed, id, from }) => unlessRefused(bed.service.cancel(id, agent(from.session))),
  'nobody approves in time': overdue('approval_expires_at'),
  'the delay is served': overdue('due_at'),
  'gas gets cheap': ({ bed, from, id }) =>
    bed.database.work({ exclusive: [`wallet:${from.id}`] }, (db) =>
      db.query((k) =>
        k
          .updateTable('transaction_texts')
          .set({ gas_condition: JSON.stringify({ maxGasPrice: '1000', timeoutSeconds: 60 }) })
          .where('id', '=', id),
      ),
    ),
  'gas stays dear for too long': overdue('gas_until'),
  suspend: async (met) => {
    await setWallet(met, 'SUSPENDED')
    met.later.push(met.bed.service.stops.halt(met.from.id))
  },
  resume: async (met) => {
    await setWallet(met, 'ACTIVE')
    met.bed.service.stops.resume(met.from.id)
  },
  'its wallet is purged': async (met) => {
    await endWallet(met)
    met.later.push(met.bed.service.stops.quiet([met.from.id]))
  },
  'the session is revoked': ({ bed, from }) =>
    bed.database.work({ exclusive: ['system', `wallet:${from.id}`, `session:${from.session}`] }, async (db) => {
      await db.query((k) => k.updateTable('sessions').set({ revoked_at: 1 }).where('id', '=', from.session))
      await bed.service.stops.begin(db, { ...why, sessionId: from.session })
    }),
  'the kill switch': async ({ bed, later }) => {
    await moveSwitch(bed, 'SUSPENDED')
    later.push(bed.service.stops.halt())
  },
  'the kill switch is lifted': async ({ bed }) => {
    await moveSwitch(bed, 'ACTIVE')
    bed.service.stops.resume()
  },
  'the price doubles': priced(PRICE.highest),
  'the price is halved': priced(PRICE.lowest),
  'the price is gone': priced(undefined),
  'a tighter policy': limited(0),
  'a looser policy': limited(2_000),
  'speed up': replaced('speed-up'),
  'take back': replaced('cancel'),
  'it lands': async ({ bed }) => bed.node.mine(1),
  'it reverts': async ({ bed, to }) => {
    bed.node.faults.reverts.add(to)
    bed.node.mine(1)
  },
  'its block leaves the chain': reorganised,
  'another program uses the nonce': async (met) => {
    met.elsewhere += 1
    met.bed.node.payElsewhere(met.from.address)
  },
  'the pool forgets it': async ({ bed, from }) => {
    for (const { hash, sender } of [...bed.node.pool.values()]) if (sender === from.address) bed.node.pool.delete(hash)
  },
  'the lease is lost': ({ bed, from }) =>
    bed.database.work({ exclusive: [`wallet:${from.id}`] }, (db) =>
      db.query((k) =>
        k.updateTable('lanes').set({ lease_owner: 'another', lease_until: 0 }).where('id', 'like', `%/${from.address}`),
      ),
    ),
} as const satisfies Record<string, Event>
export type EventName = keyof typeof EVENTS
