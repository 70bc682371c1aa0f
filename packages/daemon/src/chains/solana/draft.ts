import type { Address } from '@solana/kit'
import { add, type Effect, type Effects, Failure, type Network, parseBase } from '@waiaas/contract'
import type { Draft, Hints, UnitFee } from '../build.ts'
import type { Intent } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { planBytes, planMessage, writeBody } from './body.ts'
import { decodeMessage } from './decode.ts'
import { mostUnits, upToBand } from './fees.ts'
import type { LookupTables } from './lookup-tables.ts'
import { hintsOf, planOf } from './plan/all.ts'
import { planContext } from './plan/context.ts'
import type { Planned } from './plan/plan.ts'
import { unitsUsed } from './precheck.ts'
import { rentOf } from './read/associated-token.ts'
import { parseAddress } from './recipients.ts'
import { simulator } from './simulate/simulate.ts'
import { supplySource } from './supply.ts'
import { packetSize, signatureLength } from './wire.ts'

// Wire size beside the message: the count of signatures and one signature.
const signatureSize = 1 + signatureLength

type Parts = {
  readonly network: Network
  readonly rpc: Rpc
  /** Each endpoint by itself. */
  readonly witnesses: readonly Rpc[]
  readonly tables: LookupTables
  readonly clock: () => number
  /** Of a compute unit, in micro-lamports. */
  readonly price: () => Promise<bigint>
}

/** Builds drafts, and looks at what those that are built would do now. */
export function drafting({ network, rpc, witnesses, tables, clock, price }: Parts) {
  const [supply, simulate] = [supplySource(witnesses), simulator(network, witnesses)]
  const context = planContext({ network, rpc, clock })

  async function look(from: string, draft: Draft, hints: Hints): Promise<Draft> {
    const sender = parseAddress(from)
    const bytes = planBytes(draft.body)
    const message = planMessage(draft.body)
    const stale = await tables.change(message.lookups)
    if (stale !== undefined) return { ...draft, stale }
    const { effects } = decodeMessage({ network, address: sender }, bytes, hints)
    const seen = needsLook(effects) ? await simulate({ sender, bytes, message, effects }) : undefined
    const supplies = await supply([...effects.effects, ...(seen ?? [])])
    return { ...draft, ...(seen && { seen }), ...(Object.keys(supplies).length > 0 && { supplies }) }
  }

  return {
    look,
    async draft(from: string, intent: Intent): Promise<Draft> {
      const plan = planOf(network, intent)
      const sender = parseAddress(from)
      const planned = await plan.instructions(context, sender, intent)
      const asked = await price()
      const terms = { network, sender, price: { offered: planned.priorityFee ?? asked, asked } }
      const units = planned.units ?? (await measured(rpc, terms, planned))
      return look(from, finish(terms, { ...planned, units }), hintsOf(intent))
    },
  }
}

/** Code runs whose doing the bytes do not tell. */
const needsLook = ({ effects }: Effects): boolean =>
  effects.some(({ kind }: Effect) => kind === 'call' || kind === 'unknown')

type Terms = { readonly network: Network; readonly sender: Address; readonly price: UnitFee }

const defaultUnits = 200_000
// The state may be another one when it lands, and takes other ways through the code.
const withMargin = (units: number): number => Math.ceil(units * 1.3) + 20_000

/** What the instructions use now and some more, or what the runtime takes for as many where no node simulates. */
async function measured(rpc: Rpc, terms: Terms, planned: Planned): Promise<number> {
  const { body } = finish(terms, { ...planned, units: mostUnits })
  const used = await unitsUsed(rpc, terms.sender, body)
  const wanted = used === undefined ? planned.instructions.length * defaultUnits : withMargin(used)
  return Math.min(mostUnits, wanted)
}

type Finished = Planned & { readonly units: number }

function finish({ network, sender, price }: Terms, { units, instructions, lookups, neverFunded }: Finished): Draft {
  const body = writeBody(sender, { units: upToBand(units), price: price.offered, instructions, lookups })
  const [bytes, message] = [planBytes(body), planMessage(body)]
  const size = bytes.length + signatureSize
  if (size > packetSize)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected at most ${packetSize} bytes, got ${size}; shorten the memo, or send less at once`,
    )
  const { fee } = decodeMessage({ network, address: sender }, bytes, { lookups: message.lookups }).effects
  const maxFee = add(parseBase(fee.max), rentOf(message))
  return { body, maxFee, price, ...(neverFunded && { neverFunded }) }
}
