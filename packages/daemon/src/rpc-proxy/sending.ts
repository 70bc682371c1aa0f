import { type EvmTerms, WAIaaSError } from '@waiaas/contract'
import { CODES, ProxyError } from './errors.ts'
import { heard } from './heard.ts'
import { hashOf } from './outcome.ts'
import type { Place } from './place.ts'
import { bytesIn, objectAt, onlyFields, quantityIn, requireOwn } from './quantities.ts'

const FIELDS = [
  ...['from', 'to', 'value', 'data', 'input', 'gas', 'gasLimit', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas'],
  ...['nonce', 'type', 'chainId', 'accessList'],
]
/** https://eips.ethereum.org/EIPS/eip-2718: those without blobs and without code for the account itself. */
const TYPES: readonly (bigint | undefined)[] = [undefined, 0n, 1n, 2n]

const refused = (what: string): ProxyError => new ProxyError(CODES.invalidParams, what)

/** A transaction as a client of a node writes it. */
export type NodeTransaction = {
  /** Undefined of what makes a contract. */
  readonly to: string | undefined
  readonly value: bigint
  /** Lower-case hex. */
  readonly data: string
  readonly terms: EvmTerms
  /** Of EIP-2718, where it names one. */
  readonly type: bigint | undefined
}

/** Reads it whole, or refuses it. Error -32602. */
export function readTransaction({ wallet, chainId }: Place, tx: Record<string, unknown>): NodeTransaction {
  onlyFields(tx, FIELDS)
  if (tx.from !== undefined && tx.from !== null) requireOwn(tx.from, wallet.address, 'from')
  const type = quantityIn(tx, 'type')
  if (!TYPES.includes(type)) throw refused('expected a transaction of type 0x0, 0x1 or 0x2')
  const chain = quantityIn(tx, 'chainId')
  if (chain !== undefined && chain !== BigInt(chainId)) throw refused(`expected chainId ${chainId}, got ${chain}`)
  const list = tx.accessList ?? []
  if (!Array.isArray(list) || list.length > 0) throw refused('expected no access list: the daemon does without')
  const [data, input] = [bytesIn(tx, 'data'), bytesIn(tx, 'input')]
  if (data !== undefined && input !== undefined && data !== input)
    throw refused('expected data and input to be the same')
  const { to = null } = tx
  if (to !== null && typeof to !== 'string') throw refused('expected to as an address')
  return {
    to: to ?? undefined,
    value: quantityIn(tx, 'value') ?? 0n,
    data: data ?? input ?? '0x',
    terms: termsIn(tx),
    type,
  }
}

function termsIn(tx: Record<string, unknown>): EvmTerms {
  const nonce = quantityIn(tx, 'nonce')
  if (nonce !== undefined && nonce > BigInt(Number.MAX_SAFE_INTEGER)) throw refused('expected a smaller nonce')
  const [gas, gasLimit] = [quantityIn(tx, 'gas'), quantityIn(tx, 'gasLimit')]
  if (gas !== undefined && gasLimit !== undefined && gas !== gasLimit)
    throw refused('expected gas and gasLimit to be the same')
  const [cap, tip] = [quantityIn(tx, 'maxFeePerGas'), quantityIn(tx, 'maxPriorityFeePerGas')]
  const price = quantityIn(tx, 'gasPrice')
  // Some clients write the price that a block asks beside the fees of the newer type.
  const legacy = cap === undefined && tip === undefined ? price : undefined
  return {
    ...(nonce !== undefined && { nonce: Number(nonce) }),
    ...text('gas', gas ?? gasLimit),
    ...text('gasPrice', legacy),
    ...text('maxFeePerGas', cap),
    ...text('maxPriorityFeePerGas', tip),
  }
}

const text = (name: string, value: bigint | undefined) => (value === undefined ? {} : { [name]: String(value) })

/** The request that it is: money, a call, or a new contract. */
function requestOf({ to, value, data, terms }: NodeTransaction) {
  const evm = Object.keys(terms).length === 0 ? {} : { evm: terms }
  if (to === undefined) {
    if (data === '0x') throw refused('expected to, or the code of a new contract as data')
    return { type: 'CONTRACT_DEPLOY' as const, bytecode: data, value: String(value), ...evm }
  }
  if (data === '0x') return { type: 'TRANSFER' as const, to, amount: String(value), ...evm }
  if (data.length < 10) throw refused('expected data of four bytes at least, which name a function')
  return { type: 'CONTRACT_CALL' as const, to, value: String(value), calldata: data, ...evm }
}

/** The hash, once it is signed and on its way; policies decide before. */
export async function sendTransaction(place: Place, params: readonly unknown[]): Promise<string> {
  const request = requestOf(readTransaction(place, objectAt(params, 0, 'a transaction')))
  const { evm, ...what } = request
  const isPlaced = evm?.nonce !== undefined
  // Gas and fees are worked out anew by who asks again, and make no other payment of it.
  return heard(
    place,
    { asked: ['eth_sendTransaction', isPlaced ? request : what], isPlaced },
    async ({ key, note }) => {
      const id = await sentUnder(place, request, key)
      await note(id)
      return hashOf(place, id)
    },
  )
}

/** The transaction that was asked for under this key, at first perhaps with other fees. */
async function sentUnder(place: Place, request: ReturnType<typeof requestOf>, key: string): Promise<string> {
  const asked = { ...request, walletId: place.wallet.id, network: place.network.id }
  try {
    const sent = await place.own.sendToken(asked, { idempotencyKey: key })
    // Without dryRun it is what was sent.
    return (sent as Extract<typeof sent, { id: string }>).id
  } catch (error) {
    const isKnown = error instanceof WAIaaSError && error.code === 'IDEMPOTENCY_KEY_REUSED'
    const id = isKnown ? error.details?.transactionId : undefined
    if (typeof id === 'string') return id
    throw error
  }
}
