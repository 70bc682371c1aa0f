import { Failure, type Network } from '@waiaas/contract'
import type { Draft, Lifetime } from '../build.ts'
import type { Intent } from '../intent.ts'
import { parseAddress } from './address.ts'
import { transferData } from './erc20.ts'
import { type FeeSource, outbid, type RollupFees } from './fees.ts'
import type { Call, GasSource } from './gas.ts'
import { costOf, type Gas, toGas } from './gas-units.ts'
import { memoData, memoMost, memoText } from './memo.ts'
import { encodeUnsigned, type Fees, feeCap, type Transaction } from './transaction.ts'

export type DraftParts = {
  readonly network: Network
  readonly chainId: number
  readonly fees: FeeSource
  readonly gas: GasSource
  readonly beside: RollupFees
}

type Body = {
  chainId: number
  to: string
  value: string
  data: string
  gas: string
} & ({ type: 'eip1559'; maxFeePerGas: string; maxPriorityFeePerGas: string } | { type: 'legacy'; gasPrice: string })

/** Builds all but the nonce. `replaces` is the draft whose nonce the new one shall take: its fees are outbid. */
export async function draft(parts: DraftParts, sender: string, intent: Intent, replaces?: Draft): Promise<Draft> {
  const call = callOf(sender, intent)
  const [gas, now] = await Promise.all([gasLimit(parts.gas, call, intent), parts.fees.current()])
  const fees = replaces ? outbid(readBody(replaces).fees, now) : now
  const tx = { chainId: parts.chainId, to: call.to, value: call.value, data: call.data, gas, fees }
  // The largest nonce in use makes the bytes as long as they can become.
  const beside = await parts.beside(() => encodeUnsigned({ ...tx, nonce: 0xffff_ffff }).length, gas)
  // What a rollup charges beside the gas is taken at inclusion and can rise until then, hence twice.
  return { body: JSON.stringify(bodyOf(tx)), maxFee: costOf(gas, feeCap(fees)) + beside * 2n }
}

/** The unsigned bytes of a draft at a nonce. */
export function bytes(body: Draft, lifetime: Lifetime): Uint8Array {
  if (lifetime.nonce === undefined) throw new Error('expected a nonce for an EVM transaction')
  return encodeUnsigned({ ...readBody(body), nonce: lifetime.nonce })
}

/** Reads back what `draft` wrote. */
export function readBody({ body }: Draft): Omit<Transaction, 'nonce'> {
  const { chainId, to, value, data, gas, ...rest } = JSON.parse(body) as Body
  const fees: Fees =
    rest.type === 'legacy'
      ? { type: 'legacy', gasPrice: BigInt(rest.gasPrice) }
      : {
          type: 'eip1559',
          maxFeePerGas: BigInt(rest.maxFeePerGas),
          maxPriorityFeePerGas: BigInt(rest.maxPriorityFeePerGas),
        }
  return { chainId, to, value: BigInt(value), data, gas: toGas(BigInt(gas)), fees }
}

function bodyOf(tx: Omit<Transaction, 'nonce'>): Body {
  const { chainId, to, data, fees } = tx
  const common = { chainId, to, value: tx.value.toString(), data, gas: tx.gas.toString() }
  if (fees.type === 'legacy') return { ...common, type: 'legacy', gasPrice: fees.gasPrice.toString() }
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  return {
    ...common,
    type: 'eip1559',
    maxFeePerGas: maxFeePerGas.toString(),
    maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
  }
}

function callOf(sender: string, intent: Intent): Call {
  const from = sender.toLowerCase()
  switch (intent.kind) {
    case 'lane':
      return { from, to: from, value: 0n, data: '0x' }
    case 'transfer':
      return { from, to: parseAddress(intent.to).toLowerCase(), value: amount(intent.amount), data: memo(intent.memo) }
    case 'token-transfer': {
      const recipient = parseAddress(intent.to).toLowerCase()
      const token = parseAddress(intent.token.address).toLowerCase()
      if (recipient === token)
        throw new Failure('INVALID_TRANSACTION', `${intent.to} is the token's own contract; what is sent there is lost`)
      if (intent.memo !== undefined)
        throw new Failure('INVALID_TRANSACTION', 'an ERC-20 transfer has no place for a memo; leave it out')
      return { from, to: token, value: 0n, data: transferData(recipient, amount(intent.amount)) }
    }
  }
}

function amount(value: bigint): bigint {
  if (value < 0n || value >= 2n ** 256n)
    throw new Failure('INVALID_TRANSACTION', 'expected an amount from 0 to 2^256 - 1')
  return value
}

function memo(text: string | undefined): string {
  if (text === undefined || text === '') return '0x'
  const data = memoData(text)
  // What would not be read back as this memo would be judged as a call.
  if (memoText(data) !== text)
    throw new Failure('INVALID_TRANSACTION', `expected a memo of at most ${memoMost} printable characters`)
  return data
}

async function gasLimit(gas: GasSource, call: Call, intent: Intent): Promise<Gas> {
  if (intent.kind === 'token-transfer') return gas.tokenTransfer(call, intent.to)
  // The sender's own code is looked at before each send; a lane's transaction runs none.
  if (intent.kind === 'lane') return gas.lane(call)
  if (call.data !== '0x' && (await gas.code(call.to)).kind !== 'none')
    throw new Failure('INVALID_TRANSACTION', `${intent.to} is a contract: a memo would be a call of it; leave it out`)
  return gas.transfer(call)
}
