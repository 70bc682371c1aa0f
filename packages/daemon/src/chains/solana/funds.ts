import type { Address } from '@solana/kit'
import { formatUnits, type Network } from '@waiaas/contract'
import type { Draft } from '../build.ts'
import type { Precheck } from '../follow.ts'
import { isExactBody, planBytes, planMessage } from './body.ts'
import { minimumBalance } from './fees.ts'
import type { Message } from './message.ts'
import { lamportsFrom } from './read/system.ts'
import { sourcesOf } from './read/token.ts'

/** What a draft takes: lamports with worst fee and rent, and base units from the sender's token accounts. */
export type Need = {
  readonly message: Message
  readonly bytes: Uint8Array
  readonly lamports: bigint
  readonly tokens: ReturnType<typeof sourcesOf>
  /** What it takes at most is what it takes. */
  readonly isExact: boolean
}

export function needOf(sender: Address, draft: Draft): Need {
  // Without a lifetime: the simulation puts in a recent blockhash.
  const bytes = planBytes(draft.body)
  const message = planMessage(draft.body)
  return {
    ...{ message, bytes, lamports: draft.maxFee + lamportsFrom(sender, message), tokens: sourcesOf(message) },
    isExact: isExactBody(draft.body),
  }
}

/** What an account has; `inflight` is what of its lamports is promised to earlier transactions. */
export type Funds = {
  readonly lamports: bigint
  readonly inflight: bigint
  readonly tokens: ReadonlyMap<string, bigint | null>
}

/**
 * Which needs the funds do not cover, one after the other; an uncovered one takes nothing. What stays with the sender
 * must be rent-exempt, or the cluster would refuse the transaction. Nothing at all does too where the fee is known to the
 * lamport; it is not before the variation is.
 */
export function shortfalls(network: Network, needs: readonly Need[], funds: Funds): (Precheck | null)[] {
  const { inflight } = funds
  let free = funds.lamports - inflight
  const tokens = new Map(funds.tokens)
  const sol = (amount: bigint) => `${formatUnits(amount, network.native.decimals)} ${network.native.symbol}`
  const promised = inflight > 0n ? `, ${sol(inflight)} of it promised to earlier transactions` : ''
  const fault = ({ lamports, tokens: wanted, isExact }: Need): string | null => {
    const rest = free - lamports
    const had = `the balance is ${sol(funds.lamports)}${promised}`
    if (rest < 0n) return `expected ${sol(lamports)} for value, highest fee and rent, ${had}`
    if (rest < minimumBalance && !(isExact && rest === 0n))
      return `expected at least ${sol(minimumBalance)} to stay behind (rent), got ${sol(rest)}; ${had}`
    for (const { source, amount } of wanted) {
      const held = tokens.get(source) ?? null
      if (held === null) return `expected ${amount} base units of the token, the sender has no account ${source} for it`
      if (held < amount) return `expected ${amount} base units of the token in ${source}, the balance is ${held}`
    }
    return null
  }
  return needs.map((need) => {
    const message = fault(need)
    if (message) return { code: 'INSUFFICIENT_BALANCE', message }
    free -= need.lamports
    for (const { source, amount } of need.tokens) tokens.set(source, (tokens.get(source) ?? 0n) - amount)
    return null
  })
}
