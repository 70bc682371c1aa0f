import { type Base, toBase, ZERO_BASE } from '@waiaas/contract'
import { fieldsOf } from '../answers.ts'
import type { Grantee, OpenAllowance } from '../chain.ts'
import type { Rpc } from '../rpc.ts'
import { agreed } from '../two-endpoints.ts'
import { abiFunction, abiValues } from './abi.ts'
import { readCount } from './hex.ts'
import { PERMIT2 } from './read/permits.ts'

const ofToken = abiFunction('allowance(address,address)')
const ofPermit2 = abiFunction('allowance(address,address,address)')
const ofOne = abiFunction('getApproved(uint256)')
const ofAll = abiFunction('isApprovedForAll(address,address)')
const word = abiValues('(uint256)')
/** Amount, when it ends in unix seconds, and a nonce. */
const entry = abiValues('(uint160,uint48,uint48)')

/** What each spender may take of the owner's tokens by now: at the token, and beside that at Permit2. */
export async function openAllowances(
  singles: readonly Rpc[],
  owner: string,
  asked: readonly Grantee[],
): Promise<(OpenAllowance | undefined)[]> {
  const told = await agreed(singles, (rpc) => readOn(rpc, owner, asked))
  return asked.map((_, at) => {
    const [open, lapsed] = told.slice(2 * at, 2 * at + 2)
    return open === undefined || lapsed === undefined ? undefined : { open, lapsed }
  })
}

/** Two amounts of each: what is open, and what has lapsed. */
async function readOn(rpc: Rpc, owner: string, asked: readonly Grantee[]): Promise<(Base | undefined)[]> {
  const call = (to: string, data: string) => ({ method: 'eth_call', params: [{ to, data }, 'latest'] })
  const answers = await rpc.batch([
    { method: 'eth_getBlockByNumber', params: ['latest', false] },
    ...asked.flatMap(({ token, spender, nft }) => [
      call(token, nft === undefined ? ofToken.encode([owner, spender]) : ofNft(nft, [owner, spender])),
      ...(nft === undefined ? [call(PERMIT2, ofPermit2.encode([owner, token, spender]))] : []),
    ]),
  ])
  const [block, ...words] = answers.map((answer) => ('result' in answer ? answer.result : undefined))
  const now = BigInt(readCount(fieldsOf(block, 'the newest block').timestamp))
  return asked.flatMap(({ spender, nft }) => {
    const told = atToken(words.shift())
    const beside = nft === undefined ? atPermit2(words.shift(), now) : undefined
    if (told === undefined) return [undefined, undefined]
    if (nft !== undefined) return [toBase(told === (nft === 'all' ? 1n : BigInt(spender)) ? 1n : 0n), ZERO_BASE]
    return beside ? [toBase(told + beside.open), toBase(beside.lapsed)] : [undefined, undefined]
  })
}

/** Who may take one is an address; whether somebody may take all, yes or no. Both are a word. */
const ofNft = (nft: bigint | 'all', [owner, spender]: readonly [string, string]): string =>
  nft === 'all' ? ofAll.encode([owner, spender]) : ofOne.encode([nft])

/** Undefined where the contract does not tell it. */
function atToken(answer: unknown): bigint | undefined {
  if (typeof answer !== 'string') return undefined
  const value = word.decode(answer.toLowerCase())?.[0]
  return typeof value === 'bigint' ? value : undefined
}

/** Nothing where there is no Permit2; what has ended cannot be taken any more. */
function atPermit2(answer: unknown, now: bigint): Record<'open' | 'lapsed', bigint> | undefined {
  if (answer === '0x') return { open: 0n, lapsed: 0n }
  if (typeof answer !== 'string') return undefined
  const [amount, expiration] = entry.decode(answer.toLowerCase()) ?? []
  if (typeof amount !== 'bigint' || typeof expiration !== 'bigint') return undefined
  return expiration < now ? { open: 0n, lapsed: amount } : { open: amount, lapsed: 0n }
}
