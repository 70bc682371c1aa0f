import { randomBytes } from 'node:crypto'
import { Failure, isFailure, type Network } from '@waiaas/contract'
import { cache } from '../../platform/cache.ts'
import { OddAnswer } from '../answers.ts'
import { gathering } from '../gathering.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import type { AccessList } from './access-list.ts'
import { endless, endlessAt, GAS_MOST } from './endless.ts'
import { type Gas, toGas } from './gas-units.ts'
import { fromHex, quantity, quantityOr, readQuantity } from './hex.ts'
import { declared } from './revert.ts'
import { type Fees, NO_RECIPIENT } from './transaction.ts'

export type Code = { readonly kind: 'none' | 'contract' } | { readonly kind: 'delegated'; readonly to: string }
export type Call = {
  readonly from: string
  readonly to: string
  readonly value: bigint
  readonly data: string
  /** Of the transaction that makes it. */
  readonly fees?: Fees
  readonly accessList?: AccessList
}

/** Of a token, and the data of a transfer of as much to another one. */
type Recipient = { readonly to: string; readonly dataFor: (to: string) => string }

export type GasSource = {
  /** Code of an account; EIP-7702 delegations are told apart. Cached for minutes. */
  code(address: string): Promise<Code>
  /** Gas limit of what runs no code. Estimated once for all that cost the same. */
  plain(call: Call): Promise<Gas>
  /** Gas that it uses now, without a margin. */
  used(call: Call): Promise<Gas>
  /** Gas limit of what runs code. */
  estimate(call: Call): Promise<Gas>
  /** Gas limit of what runs code, as somebody else has set it. Failure INVALID_TRANSACTION where that is more than may be used, or too little. */
  given(gas: bigint, call: Call): Promise<Gas>
  /** Gas limit of what has used so much in a simulation, where some was given back that it needs on the way. */
  roomFor(used: bigint): Gas
  /** Gas limit of what a contract does for one recipient; the first is estimated, later ones use that. */
  estimateOnce(call: Call, recipient: Recipient): Promise<Gas>
}

type Account = { readonly code: Code; readonly hasMoney: boolean }

const minute = 60_000
// Where a node does not tell: one new storage slot (17,100), and a margin.
const usualSlot = 25_000n
export const gasMost = toGas(GAS_MOST)

/** Gas limits. Fees are charged for gas used, so a margin costs no more than a larger reservation. */
export function gasSource(network: Network, rpc: Rpc, clock: () => number): GasSource {
  const accounts = cache<Account>({ freshMs: 10 * minute, staleMs: 60 * minute, clock })
  const estimates = cache<Gas>({ freshMs: 10 * minute, staleMs: 60 * minute, clock })
  const batch = gathering(rpc)
  const ofAccount = (address: string) => accounts.get(address.toLowerCase(), () => readAccount({ batch }, address))
  const limit = (gas: Gas): Gas => (network.ownGas ? withMargin(gas) : withinMost(gas))
  const estimate = estimating(rpc)

  async function estimateShared(key: string, call: () => Call): Promise<Gas> {
    let isOwn = false
    try {
      return await estimates.get(key, () => {
        isOwn = true
        return estimate(call())
      })
    } catch (error) {
      // What was asked at the same time was perhaps refused for its amount.
      if (isOwn) throw error
      return estimate(call())
    }
  }

  async function plain({ from, to, value, data }: Call): Promise<Gas> {
    const isNew = to !== from && !(await ofAccount(to)).hasMoney
    // Any value costs as much as another, and the least does not depend on the balance.
    const sample = { from, to, value: value === 0n ? 0n : 1n, data }
    // An account that nobody has stays one that does not exist, whoever pays the recipient meanwhile.
    const asked = () => (isNew ? { ...sample, to: newAddress() } : sample)
    const usual = intrinsicGas(data)
    try {
      const found = await estimateShared(kindOf({ ...sample, isNew }), asked)
      return found === usual && !network.ownGas ? usual : limit(found)
    } catch (error) {
      if (!isAnswer(error)) throw error
      return network.ownGas ? limit(await estimate({ ...asked(), value: 0n })) : usual
    }
  }

  /** Transfers of one kind cost the same. A rollup charges for what the bytes are, others for how many are not zero. */
  function kindOf({ from, to, value, data, isNew }: Call & { isNew: boolean }): string {
    const zeros = data.match(/../g)!.filter((byte) => byte === '00').length
    const bytes = network.ownGas ? data : `${data.length} ${zeros}`
    return ['plain', to === from ? 'own' : isNew ? 'new' : 'known', value, bytes].join(' ')
  }

  /** What a token transfer costs to who never had any; undefined where no node tells. */
  async function toNobody(call: Call, { dataFor }: Recipient): Promise<Gas | undefined> {
    try {
      return await estimateShared(`${call.to} ${call.from} nobody`, () => ({ ...call, data: dataFor(newAddress()) }))
    } catch (error) {
      if (isAnswer(error)) return undefined
      throw error
    }
  }

  return {
    code: async (address) => (await ofAccount(address)).code,
    plain,
    used: estimate,
    estimate: async (call) => limit(await estimate(call)),
    given: async (gas, call) => requireEnough(requireMost(gas), await estimate(call)),
    roomFor: (used) => limit(toGas((used * 5n + 3n) / 4n)),
    async estimateOnce(call, recipient) {
      const key = `${call.to} ${call.from} ${recipient.to}`.toLowerCase()
      const known = estimates.peek(key)
      const [found, emptied] = await Promise.all([estimateShared(key, () => call), toNobody(call, recipient)])
      if (!known) return limit(found)
      // What the recipient had may be gone since.
      const isDearer = emptied === undefined || emptied > found
      return limit(isDearer ? (emptied ?? toGas(found + usualSlot)) : found)
    },
  }
}

/** At the prices of the transaction: a contract that is asked at none can tell that it is only asked. */
function estimating(rpc: Rpc): (call: Call) => Promise<Gas> {
  async function ask({ from, to, value, data }: Call, prices: Record<string, string>): Promise<Gas> {
    try {
      const call = { from, ...(to !== NO_RECIPIENT && { to }), value: quantity(value), data, ...prices }
      return toGas(readQuantity(await rpc.call('eth_estimateGas', [call])))
    } catch (error) {
      const gas = error instanceof RpcError ? endlessAt(error) : undefined
      if (gas !== undefined) throw new Failure('INVALID_TRANSACTION', endless(gas), { cause: error })
      throw declared(error)
    }
  }

  return async (call) => {
    if (!call.fees) return ask(call, {})
    try {
      return await ask(call, pricesOf(call.fees))
    } catch (error) {
      // Of a sender that cannot pay them, or at prices that it does not take, a node estimates nothing.
      if (!isAnswer(error) || isFailure(error, 'INVALID_TRANSACTION')) throw error
      return ask(call, {})
    }
  }
}

const newAddress = (): string => `0x${randomBytes(20).toString('hex')}`

const pricesOf = (fees: Fees): Record<string, string> =>
  fees.type === 'legacy'
    ? { gasPrice: quantity(fees.gasPrice) }
    : {
        maxFeePerGas: quantity(fees.maxFeePerGas),
        maxPriorityFeePerGas: quantity(fees.maxPriorityFeePerGas),
      }

const withMargin = (gas: Gas): Gas => toGas((gas * 6n + 4n) / 5n)

function withinMost(gas: Gas): Gas {
  if (gas > gasMost)
    throw new Failure('INVALID_TRANSACTION', `expected at most ${gasMost} gas, which a transaction may use, got ${gas}`)
  const limit = withMargin(gas)
  if (limit > gasMost) return gasMost
  return limit
}

/** Failure INVALID_TRANSACTION of a limit above what a transaction may use. */
export function requireMost(gas: bigint): Gas {
  if (gas <= gasMost) return toGas(gas)
  throw new Failure('INVALID_TRANSACTION', `expected a gas limit of at most ${gasMost}, got ${gas}`)
}

function requireEnough(limit: Gas, needed: Gas): Gas {
  if (limit >= needed) return limit
  throw new Failure(
    'INVALID_TRANSACTION',
    `expected a gas limit of ${needed}, which it needs now, or more, got ${limit}`,
  )
}

/** Whether a node could be asked, and did not give an estimate. */
const isAnswer = (error: unknown): boolean =>
  error instanceof RpcError || isFailure(error, 'INSUFFICIENT_BALANCE') || isFailure(error, 'INVALID_TRANSACTION')

/** What a transaction that runs no code used to cost everywhere: 21,000 and, with data, the floor price of EIP-7623. */
function intrinsicGas(data: string): Gas {
  let gas = 21_000n
  for (const byte of fromHex(data)) gas += byte === 0 ? 10n : 40n
  return toGas(gas)
}

/** An account without money may exist all the same: that it does not costs more, and is the safe guess. */
async function readAccount(rpc: Pick<Rpc, 'batch'>, address: string): Promise<Account> {
  const params = [address, 'latest']
  const [code, balance] = await rpc.batch(['eth_getCode', 'eth_getBalance'].map((method) => ({ method, params })))
  if ('error' in code!) throw code.error
  const hasMoney = 'result' in balance! && (quantityOr(balance.result) ?? 0n) > 0n
  return { code: codeOf(code!.result), hasMoney }
}

export const readCode = async (rpc: Rpc, address: string): Promise<Code> =>
  codeOf(await rpc.call<unknown>('eth_getCode', [address, 'latest']))

/** What the answer to eth_getCode means. */
export function codeOf(answer: unknown): Code {
  if (typeof answer !== 'string' || !answer.startsWith('0x')) throw new OddAnswer('the code of an account', answer)
  if (answer === '0x' || answer === '0x0') return { kind: 'none' }
  const delegation = /^0xef0100([0-9a-f]{40})$/i.exec(answer)
  return delegation ? { kind: 'delegated', to: `0x${delegation[1]}` } : { kind: 'contract' }
}
