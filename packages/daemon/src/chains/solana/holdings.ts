import { type Address, address } from '@solana/kit'
import { add, type Base, isFailure, type Network, ZERO_BASE } from '@waiaas/contract'
import { fieldsOf, listOf, OddAnswer } from '../answers.ts'
import type { Token } from '../intent.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { bytesOf, contentOf, readAccounts } from './accounts.ts'
import { associatedAccount } from './associated-account.ts'
import { holdingOf, isMint, readMint, tokenAccountOwner } from './mint.ts'
import { token2022Program, tokenProgram } from './programs.ts'

type Amounts = Map<string, Base>
type Held = { readonly account: string; readonly mint: string; readonly amount: Base }
/** An owner of accounts of one token program. */
type Holder = { readonly owner: Address; readonly program: Address }
const holdingSize = 72

/**
 * Balances of the given tokens, zero included, and of every other token that the owner holds some of. Where nodes refuse
 * to list accounts of an owner, the given tokens are read from the accounts that belong to the owner by derivation.
 */
export async function readHoldings(
  { network, rpc }: { network: Network; rpc: Rpc },
  owner: string,
  tokens: readonly Token[],
): Promise<{ token: Token; amount: Base }[]> {
  const amounts: Amounts = new Map()
  for (const program of [tokenProgram, token2022Program]) {
    const holder = { owner: address(owner), program }
    const listed = await listedAccounts(rpc, holder)
    for (const { mint, amount } of listed ?? (await derivedAccounts(rpc, holder, tokens)))
      amounts.set(mint, add(amounts.get(mint) ?? ZERO_BASE, amount))
  }
  const known = new Set(tokens.map((token) => token.address))
  const others = [...amounts].filter(([mint, amount]) => amount > 0n && !known.has(mint)).map(([mint]) => mint)
  const described = await describe(network, rpc, others)
  return [...tokens, ...described].map((token) => ({ token, amount: amounts.get(token.address) ?? ZERO_BASE }))
}

/** The tokens whose associated accounts of an owner are there and hold nothing; none where nodes refuse to list accounts. */
export async function readEmpty({ network, rpc }: { network: Network; rpc: Rpc }, owner: string): Promise<Token[]> {
  const mints: string[] = []
  for (const program of [tokenProgram, token2022Program]) {
    const holder = { owner: address(owner), program }
    for (const { account, mint, amount } of (await listedAccounts(rpc, holder)) ?? [])
      if (amount === ZERO_BASE && account === associatedAccount(holder.owner, address(mint), program).address)
        mints.push(mint)
  }
  return describe(network, rpc, mints)
}

/** Undefined where the node answers an error, or nothing that is a list. */
async function listedAccounts(rpc: Rpc, { owner, program }: Holder): Promise<Held[] | undefined> {
  const config = { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: holdingSize } }
  try {
    const answer = await rpc.call<unknown>('getTokenAccountsByOwner', [owner, { programId: program }, config])
    return listOf(contentOf(answer), 'a list of token accounts').map((entry) => {
      const { pubkey, account } = fieldsOf(entry, 'a token account')
      const data = bytesOf(fieldsOf(account, 'an account').data)
      if (data.length < holdingSize) throw new OddAnswer('a token account with its amount', data.length)
      return { account: String(pubkey), ...holdingOf(data) }
    })
  } catch (error) {
    // Some endpoints refuse it by status; where they do not answer at all, the next call fails as well.
    if (!(error instanceof RpcError || isFailure(error, 'CHAIN_ERROR'))) throw error
    return undefined
  }
}

async function derivedAccounts(rpc: Rpc, { owner, program }: Holder, tokens: readonly Token[]): Promise<Held[]> {
  // A token whose program nobody told may be of either; the account of the wrong one does not exist.
  const wanted = tokens.filter((token) => token.program === undefined || token.program === program)
  const places = wanted.map((token) => associatedAccount(owner, address(token.address), program).address)
  const accounts = await readAccounts(rpc, places)
  return accounts.flatMap((account, at) =>
    account && tokenAccountOwner(account) === owner ? [{ account: places[at]!, ...holdingOf(account.data) }] : [],
  )
}

async function describe(network: Network, rpc: Rpc, mints: readonly string[]): Promise<Token[]> {
  const accounts = await readAccounts(rpc, mints)
  return mints.flatMap((mint, index) => {
    const account = accounts[index]
    // A mint that was closed between the two reads has no holders left.
    return account && isMint(account) ? [readMint(network, mint, account)] : []
  })
}
