import { MOST_STEPS, type Output, type planOperations, WAIaaSError } from '@waiaas/contract'
import { CODES, ProxyError } from './errors.ts'
import { heard } from './heard.ts'
import { isObject } from './message.ts'
import type { Place } from './place.ts'
import { bytesIn, objectAt, onlyFields, quantityIn, requireOwn } from './quantities.ts'

/** https://eips.ethereum.org/EIPS/eip-5792 */
const BUNDLE = { capability: 5_700, duplicate: 5_720, unknown: 5_730, tooLarge: 5_740, notAtomic: 5_760 } as const
const STATUS = { pending: 100, confirmed: 200, notSent: 400, reverted: 500, partly: 600 } as const
const MOST_ID = 4_096

type Plan = Output<(typeof planOperations)['getPlan']>
const refused = (what: string): ProxyError => new ProxyError(CODES.invalidParams, what)

/** What it can do with several calls: one after the other, as a plan that is decided on as one. */
export async function capabilities(place: Place, [address, chains]: readonly unknown[]): Promise<unknown> {
  requireOwn(address, place.wallet.address, 'the first parameter of wallet_getCapabilities')
  const own = `0x${place.chainId.toString(16)}`
  if (Array.isArray(chains) && !chains.includes(own)) return {}
  return { [own]: { atomic: { status: 'unsupported' } } }
}

/** Several calls, decided on as one and made one after the other. */
export async function sendCalls(place: Place, params: readonly unknown[]): Promise<{ id: string }> {
  const given = objectAt(params, 0, 'the calls')
  onlyFields(given, ['version', 'id', 'from', 'chainId', 'atomicRequired', 'calls', 'capabilities'])
  const { id, from, calls } = given
  if (from !== undefined) requireOwn(from, place.wallet.address, 'from')
  if (quantityIn(given, 'chainId') !== BigInt(place.chainId)) throw refused(`expected chainId ${place.chainId}`)
  if (given.atomicRequired === true)
    throw new ProxyError(BUNDLE.notAtomic, 'the calls are made one after the other; ask with atomicRequired false')
  requireOptional(given.capabilities)
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > MOST_ID))
    throw refused('expected id as a text')
  if (!Array.isArray(calls) || calls.length === 0) throw refused('expected calls, one at least')
  if (calls.length > MOST_STEPS)
    throw new ProxyError(BUNDLE.tooLarge, `expected ${MOST_STEPS} calls at most, got ${calls.length}`)
  const steps = calls.map((call, index) => stepOf(call, index + 1))
  const send = async (idempotencyKey: string): Promise<string> => {
    const sent = await place.own.sendPlan({ steps, ...at(place) }, { idempotencyKey })
    // Without dryRun it is what was sent.
    return (sent as Extract<typeof sent, { id: string }>).id
  }
  if (typeof id === 'string') return sendNamed(place, id, send)
  return heard(place, { asked: ['wallet_sendCalls', steps], isPlaced: false }, async ({ key }) => ({
    id: await send(key),
  }))
}

const at = ({ wallet, network }: Place) => ({ walletId: wallet.id, network: network.id })
const nameOf = (place: Place, id: string) => ['calls', place.wallet.id, place.network.id, id]

/** Under a name of its sender, which stands for these calls alone. */
async function sendNamed(place: Place, id: string, send: (key: string) => Promise<string>): Promise<{ id: string }> {
  const { key, note } = await place.named(nameOf(place, id))
  try {
    await note(await send(key))
  } catch (error) {
    if (error instanceof WAIaaSError && error.code === 'IDEMPOTENCY_KEY_REUSED')
      throw new ProxyError(BUNDLE.duplicate, 'this id was used for other calls')
    throw error
  }
  return { id }
}

function requireOptional(found: unknown): void {
  if (found === undefined) return
  if (!isObject(found)) throw refused('expected capabilities as an object')
  for (const [name, value] of Object.entries(found))
    if (!isObject(value) || value.optional !== true)
      throw new ProxyError(BUNDLE.capability, `the capability ${name.slice(0, 40)} is not supported`)
}

function stepOf(call: unknown, place: number) {
  if (!isObject(call)) throw refused(`expected call ${place} as an object`)
  onlyFields(call, ['to', 'data', 'value', 'capabilities'])
  requireOptional(call.capabilities)
  if (typeof call.to !== 'string')
    throw refused(`expected to of call ${place}; make a contract with eth_sendTransaction`)
  return { to: call.to, value: String(quantityIn(call, 'value') ?? 0n), data: bytesIn(call, 'data') ?? '0x' }
}

/** What has become of such calls. */
export async function callsStatus(place: Place, [id]: readonly unknown[]): Promise<unknown> {
  if (typeof id !== 'string' || id === '' || id.length > MOST_ID) throw refused('expected the id of calls')
  const plan = await planOf(place, (await place.namedAs(nameOf(place, id))) ?? id)
  const hashes = plan.steps.flatMap(({ txHash, status }) =>
    txHash !== null && (status === 'CONFIRMED' || status === 'FAILED') ? [txHash] : [],
  )
  const receipts = await Promise.all(hashes.map((hash) => place.ask('eth_getTransactionReceipt', [hash])))
  return {
    ...{ version: '2.0.0', chainId: `0x${place.chainId.toString(16)}`, id },
    ...{ status: statusOf(plan), atomic: false, receipts: receipts.filter(isObject).map(receiptOf) },
  }
}

async function planOf(place: Place, id: string): Promise<Plan> {
  try {
    return await place.own.getPlan({ id })
  } catch (error) {
    if (error instanceof WAIaaSError && (error.status === 404 || error.status === 400))
      throw new ProxyError(BUNDLE.unknown, 'no calls have this id')
    throw error
  }
}

function statusOf({ status, steps }: Plan): number {
  if (status === 'CONFIRMED') return STATUS.confirmed
  if (status !== 'STOPPED') return STATUS.pending
  if (steps.some((step) => step.status === 'CONFIRMED')) return STATUS.partly
  return steps.some((step) => step.status === 'FAILED' && step.txHash !== null) ? STATUS.reverted : STATUS.notSent
}

const receiptOf = ({ logs, status, blockHash, blockNumber, gasUsed, transactionHash }: Record<string, unknown>) => ({
  ...{ logs, status, blockHash, blockNumber, gasUsed, transactionHash },
})
