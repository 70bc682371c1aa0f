import { address, getAddressDecoder } from '@solana/kit'
import { add, type Base, toBase, ZERO_BASE } from '@waiaas/contract'
import { fieldsOf, listOf, OddAnswer } from '../answers.ts'
import type { Grantee, OpenAllowance } from '../chain.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { agreed } from '../two-endpoints.ts'
import { bytesOf, contentOf } from './accounts.ts'
import { token2022Program, tokenProgram } from './programs.ts'

/** Where a token account has its mint, whether somebody may take from it, who, and how much. */
const DELEGATE = 72
const DELEGATED = 121
const SIZE = 129

/** What each spender may take from the owner's accounts of each token by now. */
export async function openAllowances(
  singles: readonly Rpc[],
  owner: string,
  asked: readonly Grantee[],
): Promise<(OpenAllowance | undefined)[]> {
  const told = await agreed(singles, async (rpc) => {
    const granted = await delegations(rpc, owner)
    // NFTs are mints here, and allowed like any token; who got an authority over an account is in no list.
    return asked.map(({ token, spender, nft }) =>
      nft === undefined ? granted && (granted.get(`${token} ${spender}`) ?? ZERO_BASE) : undefined,
    )
  })
  return told.map((open) => (open === undefined ? undefined : { open, lapsed: ZERO_BASE }))
}

/** Undefined where the node refuses to list accounts of an owner. */
async function delegations(rpc: Rpc, owner: string): Promise<Map<string, Base> | undefined> {
  const config = { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: SIZE } }
  const granted = new Map<string, Base>()
  try {
    for (const programId of [tokenProgram, token2022Program]) {
      const answer = await rpc.call<unknown>('getTokenAccountsByOwner', [address(owner), { programId }, config])
      for (const entry of listOf(contentOf(answer), 'a list of token accounts')) {
        const data = bytesOf(fieldsOf(fieldsOf(entry, 'a token account').account, 'an account').data)
        if (data.length < SIZE) throw new OddAnswer('a token account with its delegate', data.length)
        const view = new DataView(data.buffer, data.byteOffset, data.length)
        if (view.getUint32(DELEGATE, true) === 0) continue
        const key = `${nameAt(data, 0)} ${nameAt(data, DELEGATE + 4)}`
        granted.set(key, add(granted.get(key) ?? ZERO_BASE, toBase(view.getBigUint64(DELEGATED, true))))
      }
    }
    return granted
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return undefined
  }
}

const decoder = getAddressDecoder()
const nameAt = (data: Uint8Array, at: number): string => decoder.decode(data.subarray(at, at + 32))
