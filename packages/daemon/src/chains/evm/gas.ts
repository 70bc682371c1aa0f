import type { Network } from '@waiaas/contract'
import { cache } from '../../platform/cache.ts'
import { OddAnswer } from '../answers.ts'
import type { Rpc } from '../rpc.ts'
import { type Gas, toGas } from './gas-units.ts'
import { fromHex, quantity, readQuantity } from './hex.ts'
import { declared } from './revert.ts'

export type Code = { readonly kind: 'none' | 'contract' } | { readonly kind: 'delegated'; readonly to: string }
export type Call = { readonly from: string; readonly to: string; readonly value: bigint; readonly data: string }

export type GasSource = {
  /** Code of an account; EIP-7702 delegations are told apart. Cached for minutes. */
  code(address: string): Promise<Code>
  /** Gas limit of what runs no code. Asks no node where the network has the usual prices. */
  plain(call: Call): Promise<Gas>
  /** Gas limit of what runs code. */
  estimate(call: Call): Promise<Gas>
  /** Gas limit of what a contract does for one recipient; the first is estimated, later ones use that. */
  estimateOnce(call: Call, recipient: string): Promise<Gas>
}

const minute = 60_000
// A recipient whose balance was emptied since the estimate costs one new storage slot (17,100) more, and a margin.
const newSlot = 25_000n

/** Gas limits. Fees are charged for gas used, so a margin costs no more than a larger reservation. */
export function gasSource(network: Network, rpc: Rpc, clock: () => number): GasSource {
  const codes = cache<Code>({ freshMs: 10 * minute, staleMs: 60 * minute, clock })
  const estimates = cache<Gas>({ freshMs: 10 * minute, staleMs: 60 * minute, clock })

  async function estimate({ from, to, value, data }: Call): Promise<Gas> {
    try {
      return toGas(readQuantity(await rpc.call('eth_estimateGas', [{ from, to, value: quantity(value), data }])))
    } catch (error) {
      throw declared(error)
    }
  }

  async function estimateShared(key: string, call: Call): Promise<Gas> {
    let isOwn = false
    try {
      return await estimates.get(key, () => {
        isOwn = true
        return estimate(call)
      })
    } catch (error) {
      // What was asked at the same time was perhaps refused for its amount.
      if (isOwn) throw error
      return estimate(call)
    }
  }

  const code = (address: string) => codes.get(address.toLowerCase(), () => readCode(rpc, address))

  async function plain(call: Call): Promise<Gas> {
    if (!network.estimatesTransfers) return intrinsicGas(call.data)
    // Value makes no difference to the gas, and without it the estimate does not depend on the balance.
    const valueless = { ...call, value: 0n }
    if (call.data !== '0x') return withMargin(await estimate(valueless))
    return withMargin(await estimates.get('plain', () => estimate(valueless)))
  }

  return {
    code,
    plain,
    estimate: async (call) => withMargin(await estimate(call)),
    async estimateOnce(call, recipient) {
      const key = `${call.to} ${call.from} ${recipient}`.toLowerCase()
      const known = estimates.peek(key)
      const found = await estimateShared(key, call)
      const limit = withMargin(found)
      return known && limit < found + newSlot ? toGas(found + newSlot) : limit
    },
  }
}

const withMargin = (gas: Gas): Gas => toGas((gas * 6n + 4n) / 5n)

/** What a transaction that runs no code uses: 21,000 and, with data, the floor price of EIP-7623, which is the higher one. */
function intrinsicGas(data: string): Gas {
  let gas = 21_000n
  for (const byte of fromHex(data)) gas += byte === 0 ? 10n : 40n
  return toGas(gas)
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
