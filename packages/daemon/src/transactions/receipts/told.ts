import type { Decision, Effects, Receipt, ReceiptRow } from '@waiaas/contract'
import { readProof } from '../../audit/service.ts'
import { sha256 } from '../../platform/sha256.ts'
import { approved, type Signing, type Told } from './approved.ts'
import { checked, type Findings, faults, joined, missing, nothing, proven, word } from './findings.ts'

/** Holds the evidence of a receipt against the key and the checkpoints, and the rest of the receipt against the evidence. */
export function heldAgainstEvidence(receipt: Receipt, signing: Signing): Findings {
  const { rows, links, checkpoints, isWhole } = receipt.evidence
  const whole = rows.filter((row): row is ReceiptRow => 'details' in row)
  const { faults: wrong, uncovered } = readProof({ rows: whole, links, checkpoints }, receipt.publicKey)
  const told = whole.map(({ event, actor, at, details }) => ({
    event,
    actor,
    at,
    details: JSON.parse(details) as Told['details'],
  }))
  return joined(
    faults(...wrong),
    positions(receipt, uncovered.length),
    rows.length === 0 ? missing('its evidence: no row of it is there') : nothing,
    ...(isWhole || receipt.issuedTo === 'session'
      ? []
      : [missing('all rows of its evidence: some are not signed yet, or too many')]),
    owned(receipt, whole),
    decided(receipt, told),
    signed(receipt, told),
    approved(receipt, told, signing),
  )
}

function positions({ issuedTo, evidence }: Receipt, uncovered: number): Findings {
  if (issuedTo === 'session')
    return word('where its rows stand in the log: whoever has the log compares chain, number and hash of each')
  if (uncovered > 0)
    return missing(`the place of ${uncovered} of its rows in the log: no checkpoint is shown to cover them yet`)
  return evidence.rows.length === 0
    ? nothing
    : proven('each row of its evidence is in the log as it is, by hashes up to a signed checkpoint')
}

const owned = ({ transaction }: Receipt, rows: readonly ReceiptRow[]): Findings =>
  rows.every(({ tx_id, wallet_id }) => tx_id === transaction.id && wallet_id === transaction.walletId)
    ? nothing
    : faults('a row of the evidence is of another transaction')

const ofDecision: readonly string[] = ['TX_REQUESTED', 'TX_QUEUED', 'POLICY_DENIED', 'LANE_GAP_FILLED']

/** Request, effects and decisions are those that the evidence names; and they are of one transaction. */
function decided(receipt: Receipt, told: readonly Told[]): Findings {
  const { transaction, network, decisions, constraints } = receipt
  const stored: Decision[] = decisions.map(({ text }) => JSON.parse(text))
  const [first] = stored
  if (!first || decisions[0]?.of !== 'request') return faults('there is no decision on the request')
  const effects: Effects | null = receipt.effects === null ? null : JSON.parse(receipt.effects)
  const tiers = new Set<unknown>([...stored.map(({ tier }) => tier), ...told.map(({ details }) => details.tier)])
  return joined(
    checked('request, decision and transaction belong together', {
      'the decision is of another wallet': stored.every(({ inputs }) => inputs.walletId === transaction.walletId),
      'the decision is of another network': stored.every(({ inputs }) => inputs.network === network.id),
      'the decision is of another kind of request': stored.every(({ inputs }) => inputs.kind === transaction.type),
      'the effects are of another address or network':
        effects === null || (effects.sender === transaction.address && effects.network === network.id),
      'its tier is none that was decided':
        transaction.tier === null ? first.outcome === 'DENY' : first.outcome === 'ALLOW' && tiers.has(transaction.tier),
      'it was not made when it was decided on': Math.abs(first.inputs.now - transaction.createdAt) < DAY_MS,
      'a session was issued for something that was not judged':
        constraints === null || stored.some(({ inputs }) => inputs.constrained),
      'what is gone is there': receipt.gone.length === 0 || receipt.request === null,
      'there is what helps to read bytes, and no bytes':
        receipt.hints === null || receipt.draft !== null || receipt.signatures.length > 0,
      'it is signed, and has a draft': receipt.signatures.length === 0 || receipt.draft === null,
    }),
    firstRow(receipt, told),
    namedDecisions(receipt, told),
  )
}

function firstRow(receipt: Receipt, told: readonly Told[]): Findings {
  const { transaction, request, effects, network, issuedTo } = receipt
  const row = told.find(({ event, details }) => ofDecision.includes(event) && !('judgedAgain' in details))
  if (!row) {
    const what = 'the row of its evidence that says what was decided'
    return issuedTo === 'session' ? word(what) : missing(what)
  }
  const { details } = row
  const isOld = !('contentHash' in details)
  return joined(
    checked('digest, type and network are those that its evidence names', {
      'the digest is not the one that its evidence names': isOld || details.digest === transaction.digest,
      'the type is not the one that its evidence names': isOld || details.type === transaction.type,
      'the network is not the one that its evidence names': isOld || details.network === network.id,
      'a plan or sweep is not the one that its evidence names':
        isOld ||
        ((details.plan ?? null) === transaction.planId &&
          (details.plan === undefined || details.step === transaction.planStep) &&
          (details.sweep ?? null) === transaction.sweepId),
      'the tier of the refusal is another one': row.event !== 'POLICY_DENIED' || transaction.tier === null,
      'request or effects are not those that its evidence names':
        isOld || request === null || details.contentHash === sha256(`${request}\n${effects ?? ''}`),
    }),
    isOld ? word('that request and effects are those of then: the evidence was written without their hash') : nothing,
  )
}

function namedDecisions({ decisions, signatures, issuedTo }: Receipt, told: readonly Told[]): Findings {
  const named = new Set(told.map(({ details }) => details.decisionHash))
  named.delete(undefined)
  // A judgement is named with the signature that was made under it; another one was thrown away.
  const judged = decisions.filter(({ of }) => of === 'request' || signatures.some(({ id }) => id === of))
  const own = new Set(decisions.map(({ text }) => sha256(text)))
  const signedUnder = told.filter(({ event }) => ofSignature.includes(event)).map(({ details }) => details.decisionHash)
  const isOfSignature = ({ of, text }: Receipt['decisions'][number]) =>
    of === 'request' || !signedUnder.includes(sha256(text)) || signatures.some(({ id }) => id === of)
  if (!decisions.every(isOfSignature))
    return faults('a decision is of another signature than the one that its evidence names')
  if (!signedUnder.every((hash) => hash === undefined || own.has(hash as string)))
    return faults('the evidence names a decision that is not there')
  if (judged.every(({ text }) => named.has(sha256(text))))
    return proven('each decision is the one that its evidence names')
  return named.size === 0 || issuedTo === 'session'
    ? word('that the decisions are those of then: its evidence was written without their hash, or is not shown')
    : faults('a decision is not the one that its evidence names')
}

const purposes: Readonly<Record<string, readonly string[]>> = {
  TX_SUBMITTED: ['send'],
  TX_REPLACED: ['speed-up', 'cancel'],
  TX_GIVEN_OUT: ['sign-only'],
  MESSAGE_SIGNED: ['message'],
}
const ofSignature: readonly string[] = Object.keys(purposes)
const ofLanding: readonly string[] = ['TX_CONFIRMED', 'TX_FAILED', 'TX_CANCELLED']
/** What tells of a status; the others follow from time, or are told of many at once. */
const ofStatus: Readonly<Record<string, readonly string[]>> = {
  CONFIRMED: ['TX_CONFIRMED'],
  FAILED: ['TX_FAILED'],
  EXPIRED: ['TX_EXPIRED'],
  SUBMITTED: ['TX_SUBMITTED', 'TX_REPLACED'],
  SIGNED: ['TX_GIVEN_OUT', 'MESSAGE_SIGNED'],
  QUEUED: ['TX_QUEUED'],
}

function signed({ signatures, transaction, issuedTo, gone }: Receipt, told: readonly Told[]): Findings {
  const made = told.filter(({ event }) => ofSignature.includes(event))
  const landed = told.filter(({ event, details }) => ofLanding.includes(event) && 'hash' in details)
  const inBlock = signatures.filter(({ block }) => block !== null)
  const needed = ofStatus[transaction.status] ?? []
  const isTold = needed.length === 0 || told.some(({ event }) => needed.includes(event))
  const isConfirmed = transaction.status === 'CONFIRMED'
  return joined(
    isTold || issuedTo === 'session' ? nothing : faults(`its evidence does not say that it is ${transaction.status}`),
    signatures.length === 0 && made.length === 0
      ? nothing
      : checked('each signature is one that its evidence names, with the hash of its bytes', {
          'a signature is not one that its evidence names': signatures.every((each) => isMade(each, made)),
          'the evidence names a signature that is not there': gone.length > 0 || made.length <= signatures.length,
        }),
    inBlock.length === 0 && !isConfirmed
      ? nothing
      : joined(
          checked('where it landed is what its evidence says', {
            'where it landed is not what its evidence says':
              (inBlock.length > 0 || !isConfirmed) && inBlock.every((each) => isLanded(each, { landed, transaction })),
          }),
          word('that the block is on the chain: look its hash up there'),
        ),
  )
}

type Signature = Receipt['signatures'][number]
const isMade = ({ bytesHash, digest, hash, nonce, purpose }: Signature, made: readonly Told[]): boolean =>
  made.some(
    ({ event, details }) =>
      purposes[event]?.includes(purpose) === true &&
      (details.purpose === undefined || details.purpose === purpose) &&
      (bytesHash === null || (details.bytesHash === bytesHash && details.digest === digest)) &&
      (details.hash ?? null) === hash &&
      (details.nonce ?? null) === nonce,
  )

type Landed = { readonly landed: readonly Told[]; readonly transaction: Receipt['transaction'] }

/** It is in a block as soon as that is seen, and told of when it has confirmations enough. */
function isLanded({ hash, block, state }: Signature, { landed, transaction }: Landed): boolean {
  const { status } = transaction
  if (state === 'included' && status !== 'CONFIRMED' && status !== 'FAILED') return true
  return landed.some(
    ({ event, details }) =>
      details.hash === hash &&
      (event === 'TX_CANCELLED' || details.block === block?.hash) &&
      (event === 'TX_CANCELLED' || details.height === block?.height) &&
      details.fee === block?.fee &&
      (event === 'TX_CANCELLED' || (event === 'TX_FAILED') === !block?.succeeded),
  )
}

/** A judgement may come from just before a change of the clock. */
const DAY_MS = 86_400_000
