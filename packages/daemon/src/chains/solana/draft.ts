import type { Address } from '@solana/kit'
import { add, Failure, type Network, parseBase } from '@waiaas/contract'
import type { Draft } from '../build.ts'
import type { Intent } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { planBytes, writeBody } from './body.ts'
import { decodeMessage } from './decode.ts'
import { upToBand } from './fees.ts'
import { readMessage } from './message.ts'
import { planOf } from './plan/all.ts'
import { planContext } from './plan/context.ts'
import type { Planned } from './plan/plan.ts'
import { rentOf } from './read/associated-token.ts'
import { parseAddress } from './recipients.ts'

// A transaction must fit one packet: https://solana.com/docs/core/transactions
const packetSize = 1_232
// Wire size beside the message: the count of signatures and one signature.
const signatureSize = 65

type Parts = {
  readonly network: Network
  readonly rpc: Rpc
  readonly clock: () => number
  /** Of a compute unit, in micro-lamports. */
  readonly price: () => Promise<bigint>
}

/** Builds drafts. */
export function drafting({ network, rpc, clock, price }: Parts) {
  const context = planContext({ network, rpc, clock })
  return async (from: string, intent: Intent): Promise<Draft> => {
    const plan = planOf(network, intent)
    const sender = parseAddress(from)
    const planned = await plan.instructions(context, sender, intent)
    return finish({ network, sender, price: await price() }, planned)
  }
}

type Terms = { readonly network: Network; readonly sender: Address; readonly price: bigint }

function finish({ network, sender, price }: Terms, { units, instructions, neverFunded }: Planned): Draft {
  const body = writeBody(sender, { units: upToBand(units), price, instructions })
  const bytes = planBytes(body)
  const size = bytes.length + signatureSize
  if (size > packetSize)
    throw new Failure('INVALID_TRANSACTION', `expected at most ${packetSize} bytes, got ${size}; shorten the memo`)
  const { fee } = decodeMessage({ network, address: sender }, bytes, {}).effects
  const maxFee = add(parseBase(fee.max), rentOf(readMessage(bytes)))
  return { body, maxFee, price: { offered: price, asked: price }, ...(neverFunded && { neverFunded }) }
}
