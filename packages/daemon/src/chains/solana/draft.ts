import { type Address, isAddress } from '@solana/kit'
import { add, type Effect, type Effects, Failure, factsOf, type Network, parseBase } from '@waiaas/contract'
import type { Beside, Done, Draft, Hints, UnitFee } from '../build.ts'
import type { Intent } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { readAccounts } from './accounts.ts'
import { givenBody, givenLifetime, planBytes, planMessage, writeBody } from './body.ts'
import { decodeMessage, feeOf } from './decode.ts'
import { mostUnits, upToBand } from './fees.ts'
import { BELOW_FLOOR, floorsOf, type Promised, withTaken } from './floors.ts'
import { packetSize, signatureSize } from './frame.ts'
import type { LookupTables } from './lookup-tables.ts'
import { blockhashIn, type Message, readMessage } from './message.ts'
import { hintsOf, planOf } from './plan/all.ts'
import { planContext } from './plan/context.ts'
import type { Planned } from './plan/plan.ts'
import { unitsUsed } from './precheck.ts'
import { computeBudgetProgram } from './programs.ts'
import { creationsIn, rentOf } from './read/associated-token.ts'
import { unitPriceIn } from './read/compute-budget.ts'
import { isNeverFunded, parseAddress } from './recipients.ts'
import type { Blockhashes } from './serialized.ts'
import { simulator } from './simulate/simulate.ts'
import { supplySource } from './supply.ts'

type Parts = {
  readonly network: Network
  readonly rpc: Rpc
  /** Each endpoint by itself. */
  readonly witnesses: readonly Rpc[]
  readonly tables: LookupTables
  readonly blockhashes: Blockhashes
  readonly clock: () => number
  /** Of a compute unit, in micro-lamports. */
  readonly price: () => Promise<bigint>
  /** What of an account is on its way, where calls are to have floors; else undefined. */
  readonly promised: (account: string) => Promise<Promised | undefined>
}

/** Builds drafts, and looks at what those that are built would do now. */
export function drafting(parts: Parts) {
  const { network, rpc, witnesses, tables, blockhashes, clock, price } = parts
  const [supply, simulate] = [supplySource(witnesses), simulator(network, witnesses)]
  const context = planContext({ network, rpc, clock })

  async function look(from: string, draft: Draft, hints: Hints): Promise<Draft> {
    const sender = parseAddress(from)
    const bytes = planBytes(draft.body)
    const message = planMessage(draft.body)
    const given = givenLifetime(draft.body)
    const stale = (given && (await blockhashes.stale(given.blockhash))) ?? (await tables.change(message.lookups))
    if (stale !== undefined) return { ...draft, stale }
    const { effects } = decodeMessage({ network, address: sender }, bytes, hints)
    const seen = needsLook(effects) ? await simulate.seen({ sender, bytes, message, effects }) : undefined
    if (seen === 'floor') return { ...draft, stale: BELOW_FLOOR }
    const supplies = await supply([...effects.effects, ...(seen ?? [])])
    return { ...draft, ...(seen && { seen }), ...(Object.keys(supplies).length > 0 && { supplies }) }
  }

  /** A message that was given, at the price that it offers. */
  async function asGiven(sender: Address, bytes: Uint8Array, { lookups = [] }: Hints): Promise<Draft> {
    const message = readMessage(bytes, lookups)
    const [lastValid, asked] = await Promise.all([blockhashes.requireLastValid(blockhashIn(bytes)), price()])
    const offered = unitPriceIn(message)
    const draft = measuredDraft(
      { network, sender, price: { offered, asked } },
      givenBody({ bytes, lookups, lastValid }),
    )
    const neverFunded = await emptyRecipients({ network, rpc }, message, draft)
    return { ...draft, ...(neverFunded.length > 0 && { neverFunded }) }
  }

  return {
    look,
    async draft(from: string, intent: Intent, { after = [] }: Beside = {}): Promise<Draft> {
      const plan = planOf(network, intent)
      const sender = parseAddress(from)
      if ('message' in plan) {
        const hints = plan.hints(intent)
        return look(from, await asGiven(sender, plan.message(intent), hints), hints)
      }
      const planned = await plan.instructions(context, sender, intent)
      const asked = await price()
      const drains = 'drains' in intent ? intent.drains : undefined
      const offered = drains ?? priorityFeeOf(intent) ?? asked
      const terms = { network, sender, price: { offered, asked }, isExact: drains !== undefined }
      const units = planned.units ?? (await measured(rpc, terms, planned))
      const plain = { draft: finish(terms, { ...planned, units }), planned, hints: hintsOf(intent) }
      // What is known to take so many units calls nobody.
      const isCall = planned.units === undefined && needsLook(readBack(terms, plain))
      const promised = isCall ? await parts.promised(sender) : undefined
      const draft = promised
        ? await withFloors(
            {
              rpc,
              simulate,
              promised: withTaken(
                promised,
                after.map(({ effects }) => effects),
              ),
            },
            terms,
            plain,
          )
        : plain.draft
      const looked = await look(from, draft, plain.hints)
      const isUntried = needsLook(readBack(terms, plain)) && needsAny(sender, looked, after)
      return isUntried ? { ...looked, isUntried } : looked
    },
  }
}

/** Whether it is given an account that others may write which are done before it, beside the sender's own: upon what they leave it may do something else than alone. */
function needsAny(sender: Address, { body }: Draft, after: readonly Done[]): boolean {
  const accountsOf = (draft: Pick<Draft, 'body'>) => planMessage(draft.body).accounts
  const written = new Set(
    after.flatMap(({ draft }) => accountsOf(draft).flatMap(({ address, writable }) => (writable ? [address] : []))),
  )
  return accountsOf({ body }).some(({ address }) => address !== sender && written.has(address))
}

/** One price holds for a whole transaction: of a batch the highest of its own and those of its parts. */
function priorityFeeOf(intent: Intent): bigint | undefined {
  const own = 'priorityFee' in intent ? intent.priorityFee : undefined
  const parts = 'parts' in intent ? intent.parts.map((part) => priorityFeeOf(part.intent)) : []
  return [own, ...parts].reduce((most, one) => (one !== undefined && (most ?? 0n) <= one ? one : most), undefined)
}

/** A transaction locks no more: https://solana.com/docs/core/transactions */
const mostAccounts = 64

/** Code runs whose doing the bytes do not tell. */
const needsLook = ({ effects }: Effects): boolean =>
  effects.some(({ kind }: Effect) => kind === 'call' || kind === 'unknown')

type Terms = {
  readonly network: Network
  readonly sender: Address
  readonly price: UnitFee
  /** What it costs at most is what it costs. */
  readonly isExact?: boolean
}

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

/** A draft without floors, and what it was made of. */
type Plain = { readonly draft: Draft; readonly planned: Planned; readonly hints: Hints }
type Flooring = {
  readonly rpc: Rpc
  readonly simulate: ReturnType<typeof simulator>
  readonly promised: Promised
}

const readBack = ({ network, sender }: Terms, { draft, hints }: Omit<Plain, 'planned'>): Effects =>
  decodeMessage({ network, address: sender }, planBytes(draft.body), hints).effects

/** With what fails it where it would take more than a run of it now takes; as it is, where no node runs it. */
async function withFloors({ rpc, simulate, promised }: Flooring, terms: Terms, plain: Plain): Promise<Draft> {
  const { network, sender } = terms
  const { planned, hints } = plain
  const [bytes, message] = [planBytes(plain.draft.body), planMessage(plain.draft.body)]
  const seen = await simulate.changes({ sender, bytes, message, effects: readBack(terms, plain) })
  if (!seen) return plain.draft
  const floored = (fee: bigint): Planned => {
    const floors = floorsOf({ network, sender, seen, paid: feeOf(message), fee, promised })
    return { ...planned, instructions: [...planned.instructions, ...floors] }
  }
  const worst = (units: number): bigint => {
    const draft = finish(terms, { ...planned, units })
    return parseBase(readBack(terms, { draft, hints }).fee.max)
  }
  // It is measured under the highest limit, at whose fee.
  const units = await measured(rpc, terms, floored(worst(mostUnits)))
  return finish(terms, { ...floored(worst(units)), units })
}

type Finished = Planned & { readonly units: number }

function finish(terms: Terms, { units, instructions, lookups, neverFunded }: Finished): Draft {
  const { sender, price } = terms
  requireFewAccounts(sender, instructions)
  const body = writeBody(sender, {
    ...{ units: upToBand(units), price: price.offered, instructions, lookups },
    isExact: terms.isExact === true,
  })
  const size = 1 + signatureSize + planBytes(body).length
  if (size > packetSize)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected at most ${packetSize} bytes, got ${size}; shorten the memo, or send less at once`,
    )
  return { ...measuredDraft(terms, body), ...(neverFunded && { neverFunded }) }
}

/** Lookup tables make a message shorter, and let it name no more. */
function requireFewAccounts(sender: Address, instructions: Planned['instructions']): void {
  const named = instructions.flatMap(({ programAddress, accounts = [] }) => [
    programAddress,
    ...accounts.map(({ address }) => address),
  ])
  const { size } = new Set([sender, computeBudgetProgram, ...named])
  if (size <= mostAccounts) return
  throw new Failure(
    'INVALID_TRANSACTION',
    `expected at most ${mostAccounts} accounts, those of lookup tables and of the compute budget program included, got ${size}; do less at once`,
  )
}

/** With what it costs at most. */
function measuredDraft({ network, sender, price }: Terms, body: string): Draft {
  const [bytes, message] = [planBytes(body), planMessage(body)]
  const { fee } = decodeMessage({ network, address: sender }, bytes, { lookups: message.lookups }).effects
  const maxFee = add(parseBase(fee.max), rentOf(message))
  return { body, maxFee, price }
}

/** Recipients at derived addresses that have no account and get none from the message itself. */
async function emptyRecipients(
  { network, rpc }: Pick<Parts, 'network' | 'rpc'>,
  message: Message,
  { body }: Draft,
): Promise<string[]> {
  const sender = message.signers[0]!
  const { effects } = decodeMessage({ network, address: sender }, planBytes(body), { lookups: message.lookups })
  const created = creationsIn(message)
  const paid = [...new Set(factsOf(effects).pays.map(({ to }) => to))].filter(
    (to): to is Address => isAddress(to) && !created.has(to),
  )
  const accounts = paid.length === 0 ? [] : await readAccounts(rpc, paid)
  return paid.filter((to, at) => isNeverFunded(to, accounts[at] ?? null))
}
