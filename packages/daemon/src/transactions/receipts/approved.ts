import { type Decision, PASSKEY_PREFIX, type Receipt } from '@waiaas/contract'
import { digestOf } from '../cards/code.ts'
import { checked, type Findings, faults, joined, nothing, word } from './findings.ts'

/** Whether the key of an address made a signature over a text, as wallets of its family sign texts; asks no node. */
export type IsSigned = (address: string, text: string, signature: string) => boolean

/** A row of evidence, with its details read. */
type Details = Readonly<Record<string, unknown>>
export type Told = { readonly event: string; readonly actor: string; readonly at: number; readonly details: Details }

/** A row is written a little after what it tells of, in the same transaction. */
const ROW_MS = 60_000

/** Holds an approval against its row, and what an owner signed for it against digest, wallet and key. */
export function approved(receipt: Receipt, told: readonly Told[], isSigned: IsSigned): Findings {
  const { approval, transaction, issuedTo, decisions } = receipt
  if (approval === null) return nothing
  const rows = told.filter(({ event }) => event === 'TX_APPROVED')
  // Of a plan one step is told for all; the row may be hidden.
  if (rows.length === 0)
    return issuedTo === 'session' || transaction.planId !== null
      ? joined(word(`that ${approval.by} approved it`), consented(receipt, isSigned))
      : faults('it was approved, and its evidence has no approval')
  const isTold = rows.some(
    ({ actor, at, details }) =>
      actor === approval.by &&
      at >= approval.at &&
      at - approval.at < ROW_MS &&
      details.usd === approval.usdMicros &&
      (details.maxFee === undefined || details.maxFee === approval.maxFee) &&
      (issuedTo === 'session' || isWholeConsent(approval, details)) &&
      details.digest === transaction.digest,
  )
  const bound = decisions
    .map(({ text }) => (JSON.parse(text) as Decision).inputs.context?.feeBound)
    .findLast((each) => each !== undefined)
  return joined(
    checked(`it was approved by ${approval.by}, for exactly this digest`, {
      'the approval is not the one that its evidence names': isTold,
      'the fee that was approved is not the one that was judged with':
        bound === undefined ||
        (transaction.planId === null ? bound === approval.maxFee : isWithin(approval.maxFee, bound)),
    }),
    // A step is judged with those behind it.
    bound === undefined || transaction.planId === null
      ? nothing
      : word('what fees were approved for the other steps of its plan: their receipts have them'),
    consented(receipt, isSigned),
  )
}

const isWithin = (fee: string | null, bound: string): boolean => fee !== null && BigInt(fee) <= BigInt(bound)

type Approval = NonNullable<Receipt['approval']>
/** What all owners signed who had to: none is left out, and none is from elsewhere. */
function isWholeConsent({ consent, others = [] }: Approval, details: Details): boolean {
  const nonces = [...others, ...(consent ? [consent] : [])].map(({ nonce }) => nonce).sort()
  const told = Array.isArray(details.consents) ? [...details.consents].sort() : nonces.slice(0, 1)
  return details.consent === consent?.nonce && JSON.stringify(nonces) === JSON.stringify(told)
}

function consented(receipt: Receipt, isSigned: IsSigned): Findings {
  const { by, consent, others = [] } = receipt.approval!
  const { issuedTo } = receipt
  if (consent === null)
    return issuedTo === 'session'
      ? word(`that it was ${by}: what an owner signs is not for agents`)
      : word(`that it was ${by} who showed the password: no signature of a person is part of that`)
  return joined(
    checked('who approved it is the one whose signature came last', {
      'the owner who signed is not the one who approved': by === `owner:${consent.address}`,
    }),
    ...[consent, ...others].map((one) => signedFor(receipt, one, isSigned)),
  )
}

/** One of the owners. */
function signedFor({ transaction, plan }: Receipt, consent: Signed, isSigned: IsSigned): Findings {
  const says = (line: string) => consent.message.split('\n').includes(line)
  // Of a plan one signature is for all steps; they are gone once their requests are.
  const steps = transaction.planId === null ? [transaction] : plan
  const isOneOf = steps.some(({ id, digest }) => id === transaction.id && digest === transaction.digest)
  const isDigest = steps.length === 0 || (isOneOf && consent.digest === digestOf(steps))
  const who = joined(
    checked(`what ${consent.address} was asked to sign is the approval of this very digest, for this wallet`, {
      'the owner signed for something else than this digest': isDigest,
      'the owner signed another text':
        consent.message === consent.nonce || isAsked(transaction, { consent, steps, says }),
    }),
    consent.message === consent.nonce
      ? word('what the nonce stands for that the owner signed: the daemon bound it to this approval')
      : nothing,
  )
  if (consent.network !== null)
    return joined(who, word(`that the contract ${consent.address} accepts the signature: ask it on ${consent.network}`))
  if (consent.address.startsWith(PASSKEY_PREFIX))
    return joined(who, word(`that it is the passkey ${consent.address} that signed: the daemon has its key`))
  return joined(
    who,
    checked(`the key of ${consent.address} signed it`, {
      'the signature is not one of the owner': isSigned(consent.address, consent.message, consent.signature),
    }),
  )
}

type Signed = NonNullable<Approval['consent']>
type Asked = {
  readonly consent: Signed
  readonly steps: readonly { readonly id: string }[]
  readonly says: (line: string) => boolean
}
const isAsked = ({ walletId }: Receipt['transaction'], { consent, steps, says }: Asked): boolean =>
  (steps.length === 0 || steps.some(({ id }) => says(`Request ID: ${id}`))) &&
  [
    `Nonce: ${consent.nonce}`,
    '- urn:waiaas:action:approve',
    `- urn:waiaas:sha256:${consent.digest}`,
    `- urn:waiaas:wallet:${walletId}`,
  ].every(says)
