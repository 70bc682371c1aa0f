import { type Decision, Failure, type Network, type Receipt } from '@waiaas/contract'
import { type Proof, proofOf } from '../../audit/service.ts'
import type { AuthorisationFacts } from '../../gate/service.ts'
import { type ConsentRow, passkeyIn, signedFor } from '../../owners/service.ts'
import { sessionActor } from '../../platform/caller.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type PolicyRow, policyRowsOfThen } from '../../policies/service.ts'
import { addressOf, isSignatureLane } from '../lanes/lane-id.ts'
import type { ServiceParts } from '../parts.ts'
import { type ListedRow, listStore } from '../rows/list-store.ts'
import { planStore } from '../rows/plan-store.ts'
import { type SignatureRow, signatureStore } from '../signatures/signature-store.ts'
import { signedForSweep } from '../sweeps/agreed.ts'
import { sweepStore } from '../sweeps/sweep-store.ts'
import { receiptHash } from './form.ts'
import { type ReceiptSource, receiptStore, type SignedAttempt } from './receipt-store.ts'

type Parts = Pick<ServiceParts, 'database' | 'clock' | 'switches' | 'findNetwork' | 'attest'>
type Content = Omit<Receipt, 'publicKey' | 'hash' | 'signature'>

/** Signs what is on record of a transaction; without a session for the operator. Failures TX_NOT_FOUND, KEYSTORE_LOCKED. */
export async function receiptFor(parts: Parts, id: string, sessionId: string | undefined): Promise<Receipt> {
  if (sessionId === undefined) await parts.attest.cover()
  const content = await parts.database.read((db) => contentOf(parts, db, { id, sessionId }))
  const signed = { ...content, publicKey: await parts.attest.publicKey() }
  const hash = receiptHash(signed)
  const { signature } = await parts.attest.sign(hash)
  return { ...signed, hash, signature }
}

type Wanted = { readonly id: string; readonly sessionId: string | undefined }

async function contentOf(parts: Parts, db: Handle, { id, sessionId }: Wanted): Promise<Content> {
  const row = await receiptStore.byId(db, id)
  const shown = await listStore.byId(db, id)
  if (!row || !shown) throw new Failure('TX_NOT_FOUND', 'no such transaction')
  if (sessionId !== undefined && row.session_id !== sessionId)
    throw new Failure('TX_NOT_FOUND', 'this session has not asked for this transaction; the operator has its receipt')
  const network = parts.findNetwork(row.network)
  if (!network) throw new Failure('TX_NOT_FOUND', `${row.network} is not configured any more; configure it again`)
  const attempts = await receiptStore.attempts(db, id)
  const signed = attempts.filter(({ hash, state }) => hash !== null && state !== 'issued')
  const message = isSignatureLane(row.lane) ? await signatureStore.byId(db, id) : undefined
  const signatures = [...signed.map(signatureOf), ...(message?.sealed ? [messageSignature(message, row)] : [])]
  const decisions = decisionsOf(row, attempts)
  const inputs = decisions.map(({ text }) => (JSON.parse(text) as Decision).inputs)
  const session = row.session_id === null ? undefined : await parts.switches.session(db, row.session_id)
  const isGone = row.request === ''
  const steps = row.plan_id === null ? [] : await planStore.steps(db, row.plan_id)
  return {
    format: 'waiaas-receipt-1',
    issuedAt: parts.clock.now(),
    issuedTo: sessionId === undefined ? 'operator' : 'session',
    transaction: transactionOf(row, shown),
    network: networkOf(network),
    ...{ request: isGone ? null : row.request, effects: row.effects, hints: row.hints },
    draft: signatures.length > 0 ? null : row.draft,
    plan: isGone ? [] : planOf(steps),
    constraints: inputs.some(({ constrained }) => constrained) ? (session?.constraints ?? null) : null,
    decisions,
    policies: (
      await policyRowsOfThen(
        db,
        inputs.flatMap(({ policies }) => policies),
      )
    ).map(policyOf),
    held: heldBy(row),
    approval: await approvalOf(db, row, { steps, sessionId }),
    signatures,
    evidence: shownTo(sessionId, await proofOf(db, id)),
    gone: isGone ? ['request', 'effects', 'bytes'] : [],
  }
}

const policyOf = ({ enabled: _, sessionId = null, sessionLabel = null, ...policy }: PolicyRow) => ({
  ...policy,
  ...{ sessionId, sessionLabel },
})

const transactionOf = (row: ReceiptSource, shown: Pick<ListedRow, 'status' | 'error'>): Receipt['transaction'] => ({
  id: row.id,
  walletId: row.wallet_id,
  address: addressOf(row.lane),
  sessionId: row.session_id,
  type: row.type,
  status: shown.status,
  tier: row.tier as Receipt['transaction']['tier'], // written from a decision
  digest: row.digest,
  planId: row.plan_id,
  planStep: row.plan_step,
  sweepId: row.sweep_id,
  error: shown.error,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const planOf = (steps: readonly Receipt['plan'][number][]) =>
  steps.map(({ id, digest, type, request }) => ({ id, digest, type, request }))

const networkOf = ({ id, chain, environment, caip2, native, pricedAs }: Network): Receipt['network'] => ({
  ...{ id, chain, environment, caip2, native: { ...native } },
  ...(pricedAs !== undefined && { pricedAs }),
})

const decisionsOf = (row: ReceiptSource, signed: readonly SignedAttempt[]): Receipt['decisions'] => [
  { of: 'request', text: row.decision },
  ...signed.flatMap(({ id, decision }) => (decision === null ? [] : [{ of: id, text: decision }])),
]

const heldBy = (row: ReceiptSource): Receipt['held'] =>
  row.held_state === null ? null : { state: row.held_state, usdMicros: row.held_usd! }

type Told = { readonly steps: readonly { readonly id: string }[]; readonly sessionId: string | undefined }
/** An agent does not get the words of an owner, who signed them for the daemon. */
async function approvalOf(db: Handle, row: ReceiptSource, { steps, sessionId }: Told): Promise<Receipt['approval']> {
  if (row.approved_at === null) return null
  const own = sessionId === undefined ? await saidOf(db, row, steps) : []
  const taken = sessionId === undefined && own.length === 0 ? await takenOut(db, row) : undefined
  const { signed: counted, ...withdrawal } = taken ?? { signed: own }
  const last = counted.findLast(({ address }) => row.approved_by === `owner:${address}`)
  const others = counted.filter((one) => one !== last)
  return {
    ...{ by: row.approved_by!, at: row.approved_at, usdMicros: row.approved_usd, maxFee: row.fee_bound },
    consent: last ? consentOf(last) : null,
    ...(last?.needed != null && { needed: last.needed }),
    ...(others.length > 0 && { others: others.map(consentOf) }),
    ...withdrawal,
  }
}

/** Of a plan one step is answered for all. */
async function saidOf(db: Handle, row: ReceiptSource, steps: Told['steps']): Promise<ConsentRow[]> {
  const said: ConsentRow[] = []
  for (const { id } of [row, ...steps.filter((step) => step.id !== row.id)])
    said.push(...(await signedFor(db, id, 'approve')))
  const signed = said.sort((a, b) => a.at - b.at)
  const spentAt = Math.max(0, ...signed.map(({ spent_at }) => spent_at ?? 0))
  // What was said of something else than what was approved was never used up.
  return signed.filter(({ spent_at }) => spent_at !== null && spent_at === spentAt)
}

/** What owners signed for all that the wallet holds, where that approved it. */
async function takenOut(db: Handle, { sweep_id: id }: ReceiptSource) {
  const sweep = id === null ? undefined : await sweepStore.byId(db, id)
  if (!sweep || sweep.agreed_networks === null) return undefined
  const networks = JSON.parse(sweep.agreed_networks) as string[] // written when it began
  return { signed: await signedForSweep(db, sweep), withdrawal: { to: sweep.to_address, networks } }
}

type Consent = NonNullable<NonNullable<Receipt['approval']>['consent']>
const consentOf = (row: ConsentRow): Consent => {
  const { nonce, address, network, digest, message, signature, owner_id: owner } = row
  return { ...{ nonce, address, network, digest, message, signature, owner }, ...passkeyIn(row) }
}

const authorised = (text: string): Pick<AuthorisationFacts, 'bytesHash' | 'digest'> | undefined =>
  text === '' ? undefined : JSON.parse(text)

function signatureOf(attempt: SignedAttempt): Receipt['signatures'][number] {
  const { id, purpose, nonce, hash, error } = attempt
  const state = attempt.state as Receipt['signatures'][number]['state'] // it is signed
  const { bytesHash = null, digest = null } = authorised(attempt.authorisation) ?? {}
  return {
    ...{ id, purpose, state, nonce, hash, error, bytesHash, digest },
    bytes: attempt.unsigned === '' ? null : attempt.unsigned,
    block:
      attempt.block_height === null
        ? null
        : {
            height: attempt.block_height,
            hash: attempt.block_hash,
            succeeded: attempt.succeeded === 1,
            fee: attempt.fee,
          },
    at: attempt.created_at,
  }
}

/** Its bytes follow from the request. */
function messageSignature(
  { attempt_id, authorisation }: SignatureRow,
  row: ReceiptSource,
): Receipt['signatures'][number] {
  const { bytesHash = null, digest = null } = authorised(authorisation) ?? {}
  return {
    ...{ id: attempt_id, purpose: 'message', state: 'recorded', bytes: null, bytesHash, digest, nonce: null },
    ...{ hash: null, block: null, error: null, at: row.updated_at },
  }
}

/**
 * An agent gets the rows of what it asked for. What others are told in them, such as from where somebody approved, and rows
 * of others are not for it: of these it gets place and hash, which the signature binds.
 */
function shownTo(sessionId: string | undefined, proof: Proof): Receipt['evidence'] {
  if (sessionId === undefined)
    return {
      rows: [...proof.rows],
      links: [...proof.links],
      checkpoints: [...proof.checkpoints],
      isWhole: proof.isWhole,
    }
  const rows = proof.rows.map((row) => {
    if (row.ip === null || row.actor === sessionActor(sessionId)) return row
    const { chain, seq, at, event, hash } = row
    return { chain, seq, at, event, hash }
  })
  return { rows, links: [], checkpoints: [], isWhole: false }
}
