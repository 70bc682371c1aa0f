import { encodeAccount, matches } from './accounts.ts'
import type { Chain } from './chain.ts'
import { type Commitment, reaches } from './commitment.ts'
import type { Landed } from './history.ts'
import { addressParam, type Config, configParam, inContext, type Params } from './params.ts'
import { invalidParams } from './rpc-error.ts'
import { roleOf } from './transactions.ts'

type Send = (message: object) => void
type Subscription = {
  readonly kind: Kind
  readonly params: Params
  readonly options: Config
  readonly send: Send
}
const kinds = ['signature', 'account', 'program', 'logs', 'slot', 'root'] as const
type Kind = (typeof kinds)[number]

export type Subscriptions = ReturnType<typeof createSubscriptions>

/** The WebSocket side of the protocol: signature, account, program, logs, slot and root notifications. */
export function createSubscriptions(chain: Chain) {
  const active = new Map<number, Subscription>()
  let last = 0

  const notify = (id: number, { kind, options, send }: Subscription, value: unknown) => {
    const bare = kind === 'slot' || kind === 'root'
    const result = bare ? value : inContext(chain, options, value)
    send({ jsonrpc: '2.0', method: `${kind}Notification`, params: { subscription: id, result } })
  }
  const finish = (id: number, subscription: Subscription, { err }: Landed) => {
    notify(id, subscription, { err })
    active.delete(id)
  }

  chain.listeners.add({
    reached(commitment: Commitment, landed: Landed) {
      for (const [id, one] of active) {
        if (one.options.commitment !== commitment) continue
        if (one.kind === 'signature' && one.params[0] === landed.signature) finish(id, one, landed)
        else for (const value of valuesFor(chain, one, landed)) notify(id, one, value)
      }
    },
    slot(slot) {
      const root = chain.head('finalized')
      for (const [id, one] of active) {
        if (one.kind === 'slot') notify(id, one, { slot, parent: slot - 1n, root })
        if (one.kind === 'root') notify(id, one, root)
      }
    },
  })

  return {
    /** The kind a method name such as accountSubscribe stands for. */
    kindOf(method: string): { kind: Kind; subscribe: boolean } | null {
      const [, name, verb] = /^([a-z]+)(Subscribe|Unsubscribe)$/.exec(method) ?? []
      const kind = kinds.find((one) => one === name)
      return kind ? { kind, subscribe: verb === 'Subscribe' } : null
    },
    /** Registers; `answer` gets the number before any notification can use it. */
    open(kind: Kind, params: Params, { send, answer }: { send: Send; answer: (id: number) => void }): number {
      const options = configParam(chain, params, 1)
      if (kind === 'account' || kind === 'program') addressParam(params, 0)
      if (kind === 'signature' && typeof params[0] !== 'string') throw invalidParams('expected a signature')
      const id = ++last
      const subscription = { kind, params, options, send }
      active.set(id, subscription)
      answer(id)
      const landed = kind === 'signature' ? chain.landed.get(String(params[0])) : undefined
      if (landed && reaches(chain.commitmentOf(landed), options.commitment)) finish(id, subscription, landed)
      return id
    },
    close: (id: number) => active.delete(id),
  }
}

function valuesFor(chain: Chain, { kind, params, options }: Subscription, landed: Landed): unknown[] {
  const { signature, err, logs, keys } = landed
  if (kind === 'logs') return wantsLogs(params[0], keys) ? [{ signature, err, logs }] : []
  const written = keys.filter((_, index) => roleOf(landed, index).writable)
  if (kind === 'account') {
    return written
      .filter((key) => key === params[0])
      .map((key) => encodeAccount(chain.account(key), options, chain.account))
  }
  if (kind !== 'program') return []
  return written.flatMap((pubkey) => {
    const account = chain.account(pubkey)
    if (!account || account.programAddress !== params[0] || !matches(account, options.filters)) return []
    return [{ pubkey, account: encodeAccount(account, options, chain.account) }]
  })
}

function wantsLogs(filter: unknown, keys: readonly string[]): boolean {
  if (filter === 'all' || filter === 'allWithVotes') return true
  const mentions = (filter as { mentions?: readonly string[] } | null)?.mentions
  return mentions?.some((key) => keys.includes(key)) ?? false
}
