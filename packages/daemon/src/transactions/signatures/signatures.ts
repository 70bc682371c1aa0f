import { setTimeout } from 'node:timers/promises'
import { Failure, type MessageSigned, type messageOperations, type Parsed } from '@waiaas/contract'

import type { ReadMessage } from '../../chains/messages.ts'
import { answered, type Prepared } from '../deciding/decide.ts'
import { idempotencyStore } from '../deciding/idempotency-store.ts'
import { signRequest } from '../kinds/all.ts'
import type { From, ServiceParts } from '../parts.ts'
import { refusal } from '../refusal.ts'
import { type ListedRow, listStore } from '../rows/list-store.ts'
import { intentOf as storedIntent } from '../rows/readings.ts'
import { transactionStore } from '../rows/store.ts'
import { decideOnMessage, type Known } from './decide-message.ts'
import { messageIntent } from './intents.ts'
import { keptSignatures } from './kept.ts'
import { notSigned } from './not-signed.ts'
import { type MessageSigner, messageSigner } from './signer.ts'
import { voucherStore } from './voucher-store.ts'

type MessageWanted = Parsed<(typeof messageOperations)['signMessage']>
/**
 * Signatures that are given to who asks and never sent. They take the way of a payment: what they let out is decided on,
 * reserved and authorised before a key is reached.
 */
export function signatures(parts: ServiceParts, told: Known) {
  const { database } = parts
  const signer: MessageSigner = messageSigner(parts)
  const kept = keptSignatures(parts)

  /** The signature, or the failure that says why there is none now. */
  async function ask(input: MessageWanted, from: From): Promise<MessageSigned> {
    const { sessionId, key } = from
    const { wallet, stored } = await database.read(async (db) => ({
      wallet: await parts.chooseWallet(db, sessionId, { walletId: input.walletId, network: input.network }),
      stored: key ? await idempotencyStore.find(db, sessionId, key) : undefined,
    }))
    const chain = await parts.chain(parts.resolveNetwork(wallet, input.network).id)
    if (!chain.messages)
      throw new Failure('UNSUPPORTED_TX_TYPE', `${chain.network.id} signs no messages in this release`)
    const intent = messageIntent(input, chain.messages)
    const prepared = {
      ...{ walletId: wallet.id, walletName: wallet.name, sessionId, chain, sender: wallet.address },
      request: signRequest(chain.network.id, intent, input.labels),
    }
    const known = await database.read((db) => answered(db, stored, prepared))
    const message = chain.messages.read(wallet.address, intent)
    const twin = known ? undefined : await twinOf(prepared, message)
    if (twin !== undefined) return outcome(twin, sessionId)
    const answer = known ?? (await decideOnMessage(parts, { ...prepared, message, intent, from }, told))
    const refused = refusal(answer)
    if (refused) throw refused
    return outcome(answer.transactionId, sessionId)
  }

  /** The same is signed for the same session and can still be used: it is the same signature, and counts once. */
  const twinOf = ({ sessionId, walletId }: Prepared, { digest, claim }: ReadMessage): Promise<string | undefined> =>
    claim === undefined
      ? Promise.resolve(undefined)
      : database.read((db) => voucherStore.twin(db, { session: sessionId, wallet: walletId, digest }))

  /** Another replica signs it, and has it in a moment. */
  async function elsewhere(id: string): Promise<void> {
    const until = performance.now() + ELSEWHERE_MS
    while (performance.now() < until) {
      const statuses = await database.read((db) => transactionStore.statusesOf(db, [id]))
      if (statuses.get(id) !== 'EXECUTING') return
      await setTimeout(LOOK_MS)
      await signer.run(id)
    }
  }

  async function outcome(id: string, sessionId: string): Promise<MessageSigned> {
    await signer.run(id)
    await elsewhere(id)
    const { row, signature } = await database.read(async (db) => {
      const row = await listStore.byId(db, id)
      return { row, signature: row && (await kept.sealedFor(db, row, sessionId)) }
    })
    if (!row) throw new Error(`transaction ${id} is gone`)
    if (signature !== undefined) return { id, signature: await kept.opened(id, signature), signType: typeOf(row) }
    throw notSigned(row)
  }

  return {
    ask,
    /** What a session is shown of its own, sealed, and how it reads. */
    sealedFor: kept.sealedFor,
    opened: kept.opened,
    kick: signer.kick,
    stop: signer.stop,
  }
}

/** For so long an answer waits for another replica. */
const ELSEWHERE_MS = 10_000
const LOOK_MS = 50

const typeOf = (row: ListedRow): MessageSigned['signType'] =>
  storedIntent(row).kind === 'typed-data' ? 'typedData' : 'personal'
