import type { Address } from '@solana/kit'
import { beyond, type Effect, type Effects, factsOf, type Network, nativeAsset } from '@waiaas/contract'
import { fieldsOf, listOf, OddAnswer, wholeNumber } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { accountsCall, contentOf, readAccount } from '../accounts.ts'
import { feeOf } from '../decode.ts'
import type { Message } from '../message.ts'
import { actingIn } from '../read/compute-budget.ts'
import { derivedIn } from '../read/system.ts'
import { resultOf } from '../statuses.ts'
import { unsignedWire } from '../wire.ts'
import { effectsSeen, type State } from './things.ts'

/** Bytes without a lifetime, and what is read of them. */
type Looked = {
  readonly sender: Address
  readonly bytes: Uint8Array
  readonly message: Message
  readonly effects: Effects
}
/** What bytes do to their sender, as two endpoints see it where two are configured; undefined: they cannot tell all of it. */
type Simulate = (looked: Looked) => Promise<readonly Effect[] | undefined>

/** What either of them sees counts; what one of them cannot tell, nobody has seen. */
export const simulator =
  (network: Network, witnesses: readonly Rpc[]): Simulate =>
  async (looked) => {
    try {
      const seen = await Promise.all(witnesses.slice(0, 2).map((rpc) => seenBy(network, rpc, looked)))
      const [first, second] = seen
      if (!first || seen.includes(undefined)) return undefined
      return second ? [...first, ...beyond(first, second, nativeAsset(network))] : first
    } catch {
      // Whatever keeps a node from telling: what it does is unknown then, and a human decides.
      return undefined
    }
  }

async function seenBy(network: Network, rpc: Rpc, looked: Looked): Promise<Effect[] | undefined> {
  const { sender, bytes, message, effects } = looked
  const addresses = message.accounts.filter(({ writable }) => writable).map(({ address }) => address)
  const reading = accountsCall(addresses)
  const config = {
    ...{ encoding: 'base64', sigVerify: false, replaceRecentBlockhash: true, commitment: 'confirmed' },
    accounts: { encoding: 'base64', addresses },
  }
  const items = await rpc.batch([...reading, { method: 'simulateTransaction', params: [unsignedWire(bytes), config] }])
  const before = items.slice(0, reading.length).flatMap((item) => statesIn(contentOf(resultOf(item))))
  const ran = fieldsOf(contentOf(resultOf(items.at(-1))), 'a simulation')
  if (ran.err !== null) return undefined
  const after = statesIn(ran.accounts)
  if (before.length !== addresses.length || after.length !== addresses.length)
    throw new OddAnswer(`${addresses.length} accounts before and after`, `${before.length} and ${after.length}`)
  return effectsSeen({
    ...{ network, sender, derived: derivedIn(sender, message), told: toldOf(sender, { message, effects }) },
    program: actingIn(message).at(-1)?.program ?? sender,
    changes: addresses.map((address, at) => ({ address, before: before[at]!, after: after[at]! })),
  })
}

/** Lamports that leave as the fee, and as deposits for others, which effects of their own tell. */
function toldOf(sender: string, { message, effects }: Pick<Looked, 'message' | 'effects'>): bigint {
  const { deposits } = factsOf(effects)
  return deposits.reduce((sum, { amount, owner }) => (owner === sender ? sum : sum + amount), feeOf(message) as bigint)
}

const statesIn = (answer: unknown): State[] =>
  listOf(answer, 'a list of accounts').map((value) =>
    value === null
      ? null
      : { ...readAccount(value), lamports: wholeNumber(fieldsOf(value, 'an account').lamports, 'lamports') },
  )
