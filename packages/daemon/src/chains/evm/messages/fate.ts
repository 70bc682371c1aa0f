import type { Network } from '@waiaas/contract'
import { fieldsOf } from '../../answers.ts'
import type { Claim, ClaimFate } from '../../messages.ts'
import { isUnsupported } from '../../refusals.ts'
import { type Rpc, RpcError } from '../../rpc.ts'
import { ofTwo } from '../../two-endpoints.ts'
import { type AbiValue, abiFunction, abiValues } from '../abi.ts'
import { finalDepth, readHeight } from '../blocks.ts'
import { quantity, readCount } from '../hex.ts'

const nonces = abiFunction('nonces(address)')
const authorizationState = abiFunction('authorizationState(address,bytes32)')
const allowance = abiFunction('allowance(address,address,address)')
const nonceBitmap = abiFunction('nonceBitmap(address,uint256)')
const getOrderStatus = abiFunction('getOrderStatus(bytes32)')
const filledAmount = abiFunction('filledAmount(bytes)')
const word = abiValues('(uint256)')
const orderStatus = abiValues('(bool,bool,uint256,uint256)')
const allowed = abiValues('(uint160,uint48,uint48)')

/** A question to a contract; its answer says whether the signature is used. */
type Question = { readonly data: string; isUsed(answer: string): boolean | undefined }

/**
 * Whether a signature has been used by the newest block that is final, and when that block was: by two endpoints where two are
 * configured, of which each can say that it is used, and the older block counts.
 */
export const claimFates =
  (network: Network, singles: readonly Rpc[]) =>
  async (claim: Claim): Promise<ClaimFate> => {
    const said = await ofTwo(singles, (rpc) => fateOn(rpc, network, claim))
    return { time: Math.min(...said.map(({ time }) => time)), isUsed: said.some(({ isUsed }) => isUsed) }
  }

async function fateOn(rpc: Rpc, network: Network, claim: Claim): Promise<ClaimFate> {
  const { height, time } = await finalBlock(rpc, network)
  for (const question of questionsOf(claim))
    if (await isUsed(rpc, { claim, question, height })) return { time, isUsed: true }
  return { time, isUsed: false }
}

async function finalBlock(rpc: Rpc, network: Network): Promise<{ height: number; time: number }> {
  const tagged = await blockAt(rpc, 'finalized').catch((error) => {
    if (error instanceof RpcError || isUnsupported(error)) return undefined
    throw error
  })
  const found = tagged ?? (await blockAt(rpc, quantity(Math.max(0, (await readHeight(rpc)) - finalDepth(network)))))
  if (!found) throw new RpcError(0, 'no block is known to be final')
  return found
}

async function blockAt(rpc: Rpc, name: string): Promise<{ height: number; time: number } | undefined> {
  const block = await rpc.call<unknown>('eth_getBlockByNumber', [name, false])
  if (block === null) return undefined
  const { number, timestamp } = fieldsOf(block, 'a block that is final')
  return { height: readCount(number), time: readCount(timestamp) }
}

type Asked = { readonly claim: Claim; readonly question: Question; readonly height: number }

/** What a contract does not tell counts as used: it stays counted like what was spent. */
async function isUsed(rpc: Rpc, { claim, question, height }: Asked): Promise<boolean> {
  try {
    const answer = await rpc.call('eth_call', [{ to: claim.contract, data: question.data }, quantity(height)])
    return typeof answer !== 'string' || question.isUsed(answer.toLowerCase()) !== false
  } catch (error) {
    if (error instanceof RpcError) return true
    throw error
  }
}

/** How far a counter has come tells whether the one before is used. */
const above = (value: AbiValue | undefined, nonce: string): boolean | undefined =>
  typeof value === 'bigint' ? value > BigInt(nonce) : undefined

function questionsOf(claim: Claim): Question[] {
  const { owner } = claim
  switch (claim.by) {
    case 'nonces':
      return [{ data: nonces.encode([owner]), isUsed: (answer) => above(word.decode(answer)?.[0], claim.nonce) }]
    case 'authorizationState':
      return [
        {
          data: authorizationState.encode([owner, claim.nonce]),
          isUsed: (answer) => above(word.decode(answer)?.[0], '0'),
        },
      ]
    // Whatever was filled of it, all of it counts.
    case 'seaportOrder':
      return [
        {
          data: getOrderStatus.encode([claim.order]),
          isUsed: (answer) => above(orderStatus.decode(answer)?.[2], '0'),
        },
      ]
    case 'cowOrder':
      return [{ data: filledAmount.encode([claim.order]), isUsed: (answer) => above(word.decode(answer)?.[0], '0') }]
    case 'permit2Allowance':
      return claim.nonces.map(({ token, nonce }) => ({
        data: allowance.encode([owner, token, claim.spender]),
        isUsed: (answer) => above(allowed.decode(answer)?.[2], nonce),
      }))
    case 'permit2Nonce': {
      const nonce = BigInt(claim.nonce)
      const bit = (answer: string): boolean | undefined => {
        const map = word.decode(answer)?.[0]
        return typeof map === 'bigint' ? ((map >> (nonce & 255n)) & 1n) === 1n : undefined
      }
      return [{ data: nonceBitmap.encode([owner, nonce >> 8n]), isUsed: bit }]
    }
  }
}
