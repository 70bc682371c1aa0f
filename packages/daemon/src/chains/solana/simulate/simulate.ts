import type { Address } from '@solana/kit'
import { beyond, type Effect, type Effects, factsOf, type Network, nativeAsset } from '@waiaas/contract'
import { fieldsOf, listOf, OddAnswer, wholeNumber } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { accountsCall, contentOf, readAccount } from '../accounts.ts'
import { feeOf } from '../decode.ts'
import { isFloor } from '../floors.ts'
import type { Message } from '../message.ts'
import { takerIn } from '../read/all.ts'
import { derivedIn } from '../read/system.ts'
import { resultOf } from '../statuses.ts'
import { unsignedWire } from '../wire.ts'
import { type Change, effectsSeen, type State } from './things.ts'

/** Bytes without a lifetime, and what is read of them. */
type Looked = {
  readonly sender: Address
  readonly bytes: Uint8Array
  readonly message: Message
  readonly effects: Effects
}
/** What a run did to the accounts that it may write; or that a floor failed it. Undefined: it cannot be told. */
type Told = readonly Change[] | 'floor' | undefined

/** Runs of bytes that are not sent, by two endpoints where two are configured. */
export function simulator(network: Network, witnesses: readonly Rpc[]) {
  const told = (looked: Looked): Promise<Told[]> =>
    Promise.all(witnesses.slice(0, 2).map((rpc) => changesBy(rpc, looked)))
  return {
    /** The accounts before and after, as each endpoint has them. Undefined where one cannot tell. */
    changes: untold(async (looked: Looked): Promise<(readonly Change[])[] | undefined> => {
      const all = await told(looked)
      const found = all.flatMap((one) => (one && one !== 'floor' ? [one] : []))
      return found.length === all.length ? found : undefined
    }),
    /** What bytes do to their sender: what either endpoint sees counts; what one of them cannot tell, nobody has seen. */
    seen: untold(async (looked: Looked): Promise<readonly Effect[] | 'floor' | undefined> => {
      const found = await told(looked)
      if (found.every((one) => one === 'floor')) return 'floor'
      const [first, second] = found.map((changes) => seenIn(network, looked, changes))
      if (!first || (found.length > 1 && !second)) return undefined
      return second ? [...first, ...beyond(first, second, nativeAsset(network))] : first
    }),
  }
}

/** Whatever keeps a node from telling: what it does is unknown then, and a human decides. */
const untold =
  <T>(tell: (looked: Looked) => Promise<T | undefined>) =>
  (looked: Looked): Promise<T | undefined> =>
    tell(looked).catch(() => undefined)

function seenIn(network: Network, { sender, message, effects }: Looked, changes: Told): Effect[] | undefined {
  if (!changes || changes === 'floor') return undefined
  return effectsSeen({
    ...{ network, sender, derived: derivedIn(sender, message), told: toldOf(sender, { message, effects }) },
    ...{ program: takerIn(message), changes },
  })
}

async function changesBy(rpc: Rpc, { bytes, message }: Looked): Promise<Told> {
  const addresses = message.accounts.filter(({ writable }) => writable).map(({ address }) => address)
  const reading = accountsCall(addresses)
  const config = {
    ...{ encoding: 'base64', sigVerify: false, replaceRecentBlockhash: true, commitment: 'confirmed' },
    accounts: { encoding: 'base64', addresses },
  }
  const items = await rpc.batch([...reading, { method: 'simulateTransaction', params: [unsignedWire(bytes), config] }])
  const before = items.slice(0, reading.length).flatMap((item) => statesIn(contentOf(resultOf(item))))
  const ran = fieldsOf(contentOf(resultOf(items.at(-1))), 'a simulation')
  if (ran.err !== null) return isFloor(message, ran.err) ? 'floor' : undefined
  const after = statesIn(ran.accounts)
  if (before.length !== addresses.length || after.length !== addresses.length)
    throw new OddAnswer(`${addresses.length} accounts before and after`, `${before.length} and ${after.length}`)
  return addresses.map((address, at) => ({ address, before: before[at]!, after: after[at]! }))
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
