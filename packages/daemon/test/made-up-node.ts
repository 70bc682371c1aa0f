import { randomBytes } from 'node:crypto'
import { type Base, type Network, toBase, tokenAsset } from '@waiaas/contract'
import type { Lifetime } from '../src/chains/build.ts'
import type { Sent } from '../src/chains/follow.ts'
import { sha256 } from '../src/platform/sha256.ts'

/** What a transaction of the made-up family says of itself. Amounts are base units. */
export type Body = {
  readonly to: string
  readonly asset: string
  readonly amount: string
  readonly memo?: string
  readonly maxFee: string
  readonly fails?: true
}
export type Tx = { readonly hash: string; readonly sender: string; readonly body: Body; readonly lifetime: Lifetime }
type Landed = { readonly tx: Tx; readonly succeeded: boolean; readonly fee: Base }
type State = { readonly balances: ReadonlyMap<string, bigint>; readonly nonces: ReadonlyMap<string, number> }
type Block = {
  readonly height: number
  readonly hash: string
  readonly landed: readonly Landed[]
  readonly state: State
}
export type Traits = { readonly order: boolean; readonly expiry: boolean }
type Options = Partial<Traits & Pick<Network, 'window' | 'blockMs'> & { id: string }>

/** Blocks above its own after which an attempt is final. */
export const FINAL_AFTER = 2
/** Blocks for which new bytes live. */
export const LIVES = 10
const PURSE = toBase(100_000_000n)
const GENESIS: Block = { height: 0, hash: 'genesis', landed: [], state: { balances: new Map(), nonces: new Map() } }

/** What a test makes go wrong. */
export type Faults = {
  /** No endpoint answers. */
  away: boolean
  /** Nothing is sent before this. */
  sending: Promise<void> | undefined
  /** What was seen on the chain is told no earlier than this. */
  looking: Promise<void> | undefined
  /** What is sent is taken and forgotten. */
  swallows: boolean
  /** What the node answers to bytes in place of taking them. */
  answers: (tx: Tx) => Sent | undefined
  /** Recipients whose payments revert. */
  readonly reverts: Set<string>
  /** By recipient, why the node cannot tell what would become of a draft. */
  readonly unclear: Map<string, string>
  /** Accounts that the node which is asked, being behind, does not know as funded. */
  readonly unfunded: Set<string>
  /** By hash, why nothing certain is known of it. */
  readonly doubts: Map<string, string>
  /** What the network asks for a transaction. */
  price: bigint
  /** Unix milliseconds of the last block, where none comes any more. */
  standsSince: number | undefined
  /** Why nothing may be sent from an account of the family. */
  foreignCode: string | undefined
  /** Why the signer refuses what it is given. */
  signer: (tx: Omit<Tx, 'hash'>) => string | undefined
}
const noFaults = (): Faults => ({
  away: false,
  sending: undefined,
  looking: undefined,
  swallows: false,
  answers: () => undefined,
  reverts: new Set(),
  unclear: new Map(),
  unfunded: new Set(),
  doubts: new Map(),
  price: 20n,
  standsSince: undefined,
  foreignCode: undefined,
  signer: () => undefined,
})

export type MadeUpNode = ReturnType<typeof madeUpNode>

/** A family that nobody runs: blocks, a pool and faults in memory. It has an order, an expiry, both or none. */
export function madeUpNode({ order = true, expiry = true, window = 64, blockMs = 20, id = 'made-up' }: Options = {}) {
  const network: Network = {
    id,
    chain: 'ripple',
    environment: 'testnet',
    caip2: 'madeup:1',
    native: { symbol: 'MUP', decimals: 6, slip44: 1, name: 'Made-up' },
    rpc: [],
    explorer: 'https://explorer.test/{hash}',
    setting: 'made_up',
    blockMs,
    window,
  }
  const native = `${network.caip2}/slip44:1`
  const tokenAddress = 'MadeUpTokenMadeUpTokenMadeUpTokenMa'
  const token = {
    ...{ address: tokenAddress, asset: tokenAsset(network, tokenAddress) },
    ...{ symbol: 'MADE', name: 'Made-up token', decimals: 2 },
  }
  const blocks: Block[] = [GENESIS]
  const grants = new Map<string, bigint>()
  const pool = new Map<string, Tx>()
  const sent: Tx[] = []
  const faults = noFaults()
  const head = () => blocks.at(-1)!
  const keyOf = (address: string, asset: string) => `${address} ${asset}`
  const balance = (address: string, asset = native) =>
    toBase((grants.get(keyOf(address, asset)) ?? 0n) + (head().state.balances.get(keyOf(address, asset)) ?? 0n))
  const grant = (address: string, asset: string, amount: bigint) =>
    void grants.set(keyOf(address, asset), (grants.get(keyOf(address, asset)) ?? 0n) + amount)
  const nonce = (address: string) => head().state.nonces.get(address) ?? 0

  const isOver = ({ sender, lifetime, hash }: Tx, next: number) =>
    (expiry && lifetime.lastValid! < next) || landing(hash) !== undefined || (order && lifetime.nonce! < nonce(sender))
  const landing = (hash: string) => {
    for (const block of blocks) for (const one of block.landed) if (one.tx.hash === hash) return { block, ...one }
    return undefined
  }

  function land(tx: Tx): void {
    const { sender, body } = tx
    const fee = feeOf(body)
    const amount = BigInt(body.amount)
    const isCovered = balance(sender, body.asset) >= amount + (body.asset === native ? fee : 0n)
    const succeeded = isCovered && !body.fails && !faults.reverts.has(body.to)
    const balances = new Map(head().state.balances)
    const move = (address: string, asset: string, by: bigint) =>
      balances.set(keyOf(address, asset), (balances.get(keyOf(address, asset)) ?? 0n) + by)
    move(sender, native, -fee)
    if (succeeded) {
      move(sender, body.asset, -amount)
      move(body.to, body.asset, amount)
    }
    const nonces = new Map(head().state.nonces).set(sender, nonce(sender) + 1)
    const present = blocks.pop()!
    blocks.push({ ...present, landed: [...present.landed, { tx, succeeded, fee }], state: { balances, nonces } })
  }
  function addBlock(): void {
    const { height, state } = head()
    blocks.push({ height: height + 1, hash: randomBytes(16).toString('hex'), landed: [], state })
  }

  function mine(count = 1): void {
    for (let index = 0; index < count; index++) {
      addBlock()
      const waiting = [...pool.values()].toSorted((a, b) => (a.lifetime.nonce ?? 0) - (b.lifetime.nonce ?? 0))
      for (const tx of waiting) {
        if (isOver(tx, head().height)) pool.delete(tx.hash)
        else if ((!order || tx.lifetime.nonce === nonce(tx.sender)) && balance(tx.sender) >= feeOf(tx.body)) {
          pool.delete(tx.hash)
          land(tx)
        }
      }
    }
  }

  function take(tx: Tx): Sent {
    sent.push(tx)
    const answer = faults.answers(tx)
    if (answer) return answer
    if (landing(tx.hash) || pool.has(tx.hash)) return { outcome: 'known' }
    const refused = refusal(tx)
    if (refused) return refused
    if (!faults.swallows) pool.set(tx.hash, tx)
    return { outcome: 'accepted' }
  }
  function refusal({ sender, body, lifetime }: Tx): Sent | undefined {
    if (expiry && lifetime.lastValid! <= head().height)
      return { outcome: 'refused', reason: 'expired', message: 'too late' }
    if (!order) return undefined
    if (lifetime.nonce! < nonce(sender)) return { outcome: 'refused', reason: 'nonce-used', message: 'used' }
    const rival = [...pool.values()].find((tx) => tx.sender === sender && tx.lifetime.nonce === lifetime.nonce)
    if (!rival) return undefined
    if (10n * BigInt(body.maxFee) < 11n * BigInt(rival.body.maxFee))
      return { outcome: 'refused', reason: 'underpriced', message: 'another one pays more' }
    pool.delete(rival.hash)
    return undefined
  }

  /** A payment of nothing that another program made with the same key, in a new block. */
  function payElsewhere(sender: string): string {
    const body = { to: sender, asset: native, amount: '0', maxFee: '2' }
    const hash = `0x${randomBytes(32).toString('hex')}`
    addBlock()
    land({ hash, sender, body, lifetime: { nonce: nonce(sender) } })
    return hash
  }

  return {
    ...{ network, traits: { order, expiry }, native, token, faults, pool, mine, take, landing, payElsewhere },
    /** All that arrived, in order, however it was answered. */
    sent,
    height: () => head().height,
    /** Whether the next blocks may still take it. */
    canLand: (tx: Tx) => !isOver(tx, head().height + 1),
    balance,
    nonce,
    fund: (address: string, amount = PURSE) => grant(address, native, amount),
    mint: (address: string, amount: bigint) => grant(address, token.asset, amount),
    /** Whose transaction has a nonce, and in which block. */
    holder(sender: string, wanted: number) {
      let next = 0
      for (const block of blocks)
        for (const { tx } of block.landed) if (tx.sender === sender && next++ === wanted) return { block, tx }
      return undefined
    },
    /** Puts one of the pool into a block of its own, whatever else waits. */
    mineOnly(hash: string) {
      const others = [...pool.values()].filter((tx) => tx.hash !== hash)
      for (const tx of others) pool.delete(tx.hash)
      mine(1)
      for (const tx of others) pool.set(tx.hash, tx)
    },
    /** Puts what has arrived once into the pool again, beside what outbid it: some nodes still have it. */
    restore(hash: string) {
      const known = sent.find((tx) => tx.hash === hash)
      if (known) pool.set(hash, known)
    },
    /** The last blocks leave the chain; what they held waits again, unless it is to be forgotten. */
    reorganise(count: number, forget = false) {
      for (const { landed } of blocks.splice(blocks.length - count))
        for (const { tx } of landed) if (!forget) pool.set(tx.hash, tx)
    },
  }
}

/** Half of what was offered at most, as a fair market takes it. */
export const feeOf = ({ maxFee }: Pick<Body, 'maxFee'>): Base => toBase((BigInt(maxFee) + 1n) / 2n)
export const hashOf = (bytes: Uint8Array): string => `0x${sha256(bytes)}`
