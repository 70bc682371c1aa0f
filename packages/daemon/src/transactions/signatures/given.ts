import { setTimeout } from 'node:timers/promises'
import { Failure, factsOf, type messageOperations, type Parsed, type TransactionSigned } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { IntentOf } from '../../chains/intent.ts'
import { paymentIn } from '../../gate/service.ts'
import { build } from '../deciding/building.ts'
import { decideCovered } from '../deciding/covered.ts'
import { answered, type Built, type Prepared, scopedHash } from '../deciding/decide.ts'
import type { Funds } from '../deciding/funds.ts'
import { idempotencyStore } from '../deciding/idempotency-store.ts'
import type { OwedAnswers } from '../deciding/owed-answers.ts'
import { fullQueue } from '../deciding/room.ts'
import { signRequest } from '../kinds/all.ts'
import { knownTokens } from '../kinds/known-tokens.ts'
import { misplaced } from '../lanes/issue.ts'
import { laneId } from '../lanes/lane-id.ts'
import type { Lanes } from '../lanes/lanes.ts'
import { nextNonces } from '../lanes/next-nonces.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { From, ServiceParts } from '../parts.ts'
import { refusal } from '../refusal.ts'
import { listStore } from '../rows/list-store.ts'
import { effectsOf } from '../rows/readings.ts'
import { transactionStore } from '../rows/store.ts'
import { isOpen } from '../switches.ts'
import { keptSignatures } from './kept.ts'
import { notSigned } from './not-signed.ts'
import { operationsOf, tokenIn } from './operations.ts'
import { signatureStore } from './signature-store.ts'

type Wanted = Parsed<(typeof messageOperations)['signTransaction']>
type Known = {
  owed: OwedAnswers
  ceilings: Pick<ReturnType<typeof overCeilings>, 'why' | 'under'>
  funds: Funds
  lanes: Pick<Lanes, 'kick'>
}

/** For so long an answer waits for its lane. */
const PATIENCE_MS = 10_000
const LOOK_MS = 20

/**
 * Transactions that their callers have built and will send. They take the way of a payment up to the signature, on the lane of
 * their address: what was given out is watched like what was sent.
 */
export function givenTransactions(parts: ServiceParts, known: Known) {
  const { database } = parts
  const kept = keptSignatures(parts)

  /** The signed transaction, or the failure that says why there is none now. */
  async function ask(input: Wanted, from: From): Promise<TransactionSigned> {
    const { sessionId, key } = from
    const { wallet, stored } = await database.read(async (db) => ({
      wallet: await parts.chooseWallet(db, sessionId, { walletId: input.walletId, network: input.network }),
      stored: key ? await idempotencyStore.find(db, sessionId, key) : undefined,
    }))
    const chain = await parts.chain(parts.resolveNetwork(wallet, input.network).id)
    requireChain(chain, input.chain)
    const intent = chain.serialized!.read(wallet.address, input.transaction)
    const prepared: Prepared = {
      ...{ walletId: wallet.id, walletName: wallet.name, sessionId, chain, sender: wallet.address },
      request: signRequest(chain.network.id, intent, input.labels),
    }
    const { before, twin } = await database.read(async (db) => ({
      before: await answered(db, stored, prepared),
      // The same signature, which counts once.
      twin: await signatureStore.twin(db, { session: sessionId, hash: scopedHash(prepared) }),
    }))
    if (!before && twin !== undefined) return answerFor(twin, sessionId)
    const answer = before ?? (await decideOn(parts, known, { prepared, intent, from }))
    const refused = refusal(answer)
    if (refused) throw refused
    return outcome(answer.transactionId, sessionId)
  }

  async function outcome(id: string, sessionId: string): Promise<TransactionSigned> {
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      const { row, isStopped } = await database.read(async (db) => {
        const row = await transactionStore.byId(db, id)
        return { row, isStopped: !row || !(await isOpen(parts, db, row.wallet_id)) }
      })
      if (!row) throw new Error(`transaction ${id} is gone`)
      const isUnderWay = row.status === 'PENDING' || row.status === 'EXECUTING'
      const isHeld = isStopped && row.status === 'PENDING'
      if (!isUnderWay || isHeld || performance.now() > until) return answerFor(id, sessionId)
      known.lanes.kick(row)
      await setTimeout(LOOK_MS)
    }
  }

  async function answerFor(id: string, sessionId: string): Promise<TransactionSigned> {
    const { row, whole, sealed } = await database.read(async (db) => {
      const row = (await listStore.byId(db, id))!
      const sealed = await kept.sealedFor(db, row, sessionId)
      return { row, sealed, whole: sealed === undefined ? undefined : await transactionStore.byId(db, id) }
    })
    if (sealed === undefined || !whole) throw notSigned(row)
    const chain = await parts.chain(row.network)
    return {
      id,
      signedTransaction: await kept.opened(id, sealed),
      txHash: row.tx_hash,
      operations: operationsOf(effectsOf(whole).effects, chain.programs !== undefined),
      policyResult: { tier: row.tier as TransactionSigned['policyResult']['tier'] },
    }
  }

  return { ask }
}

function requireChain({ network, serialized }: Chain, named: Wanted['chain']): void {
  if (named !== undefined && named !== network.chain)
    throw new Failure('ENVIRONMENT_NETWORK_MISMATCH', `${network.id} is a network of ${network.chain}, not of ${named}`)
  if (!serialized)
    throw new Failure('UNSUPPORTED_TX_TYPE', `${network.id} signs no transactions that were built elsewhere`)
}

/** Before anything is stored, as far as is known now: the nonce of a transaction that was given is the lane's next one. */
async function requireNext({ database }: ServiceParts, { chain, sender, draft }: Built): Promise<void> {
  const given = chain.ownLifetime?.(draft)?.nonce
  if (!chain.order || given === undefined) return
  const expected = (await nextNonces({ database }, { chain, sender })).at(0)
  if (given === expected) return
  throw new Failure('INVALID_TRANSACTION', misplaced({ expected, given }).error, { details: { nonce: expected } })
}

/** Before anything is stored: what the signer cannot read it signs under no ceiling. */
function requireSignable({ chain, sender, draft }: Built): void {
  const bytes = chain.bytes(sender, draft, chain.anyLifetime)
  if (paymentIn({ kind: chain.signKind, bytes, address: sender })) return
  throw new Failure(
    'INVALID_TRANSACTION',
    'the signer cannot read it whole and signs it for nobody: expected no durable nonce, no instruction that moves lamports or tokens with accounts from a lookup table, and nothing that gives the wallet account away',
  )
}

type Asked = { prepared: Prepared; intent: IntentOf<'serialized'>; from: From }

async function decideOn(parts: ServiceParts, known: Known, { prepared, intent, from }: Asked) {
  const { walletId, sessionId, chain, sender } = prepared
  const lane = laneId(chain.network.id, sender)
  const { full, under } = await parts.database.read(async (db) => ({
    full: from.key !== undefined && (await fullQueue({ parts, db }, { walletId, sessionId })),
    under: await known.ceilings.under(db, walletId, lane),
  }))
  if (full) throw full
  const whole = await withHints(parts, prepared, intent)
  const built = await build(parts, whole, { ...known, under })
  await requireNext(parts, built)
  requireSignable(built)
  const answer = await decideCovered(parts, { ...built, key: from.key, ip: from.peer, message: from.message }, known)
  if (!from.key) from.onDelivered((isDelivered) => isDelivered && known.owed.delivered(answer.transactionId))
  return answer
}

/** With what nodes tell; equal requests have the hash of what was asked for alone. */
async function withHints(
  parts: Pick<ServiceParts, 'findToken'>,
  prepared: Prepared,
  intent: IntentOf<'serialized'>,
): Promise<Prepared> {
  const { chain, sender, request } = prepared
  const hints = await chain.serialized!.hints(intent)
  const { owners = [], lookups } = hints
  const told = chain.decode(sender, Buffer.from(intent.bytes, 'hex'), hints)
  const { pays, spenders } = factsOf(told.effects)
  const addresses = [...pays, ...spenders].flatMap(({ asset }) => tokenIn(asset) ?? [])
  const tokens = await knownTokens({ chain, sender, findToken: parts.findToken }, [...new Set(addresses)])
  const full = { ...intent, owners, tokens, ...(lookups && { lookups }) }
  const { hash, labels } = request
  return { ...prepared, request: { ...signRequest(chain.network.id, full, labels), hash } }
}
