import { type Base, toBase } from '@waiaas/contract'
import { fieldsOf } from '../answers.ts'
import type { Grantee } from '../chain.ts'
import type { Rpc } from '../rpc.ts'
import { agreed } from '../two-endpoints.ts'
import { abiFunction, abiValues } from './abi.ts'
import { readCount } from './hex.ts'
import { PERMIT2 } from './read/permits.ts'

const ofToken = abiFunction('allowance(address,address)')
const ofPermit2 = abiFunction('allowance(address,address,address)')
const word = abiValues('(uint256)')
/** Amount, when it ends in unix seconds, and a nonce. */
const entry = abiValues('(uint160,uint48,uint48)')

/** What each spender may take of the owner's tokens by now: at the token, and beside that at Permit2. */
export const openAllowances = (
  singles: readonly Rpc[],
  owner: string,
  asked: readonly Grantee[],
): Promise<(Base | undefined)[]> => agreed(singles, (rpc) => readOn(rpc, owner, asked))

async function readOn(rpc: Rpc, owner: string, asked: readonly Grantee[]): Promise<(Base | undefined)[]> {
  const call = (to: string, data: string) => ({ method: 'eth_call', params: [{ to, data }, 'latest'] })
  const answers = await rpc.batch([
    { method: 'eth_getBlockByNumber', params: ['latest', false] },
    ...asked.flatMap(({ token, spender }) => [
      call(token, ofToken.encode([owner, spender])),
      call(PERMIT2, ofPermit2.encode([owner, token, spender])),
    ]),
  ])
  const [block, ...words] = answers.map((answer) => ('result' in answer ? answer.result : undefined))
  const now = BigInt(readCount(fieldsOf(block, 'the newest block').timestamp))
  return asked.map((_, at) => sum(atToken(words[2 * at]), atPermit2(words[2 * at + 1], now)))
}

const sum = (one: bigint | undefined, other: bigint | undefined): Base | undefined =>
  one === undefined || other === undefined ? undefined : toBase(one + other)

/** Undefined where the contract does not tell it. */
function atToken(answer: unknown): bigint | undefined {
  if (typeof answer !== 'string') return undefined
  const value = word.decode(answer.toLowerCase())?.[0]
  return typeof value === 'bigint' ? value : undefined
}

/** Nothing where there is no Permit2; what has ended cannot be taken any more. */
function atPermit2(answer: unknown, now: bigint): bigint | undefined {
  if (answer === '0x') return 0n
  if (typeof answer !== 'string') return undefined
  const [amount, expiration] = entry.decode(answer.toLowerCase()) ?? []
  if (typeof amount !== 'bigint' || typeof expiration !== 'bigint') return undefined
  return expiration < now ? 0n : amount
}
