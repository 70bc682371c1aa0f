import type { Network } from '@waiaas/contract'
import type { Rpc, Token } from '../chain.ts'
import { readAccounts } from './accounts.ts'
import { holdingOf, isMint, readMint } from './mint.ts'
import { token2022Program, tokenProgram } from './programs.ts'

type Listed = { value: { account: { data: [string, string] } }[] }

/** Balances of the given tokens, zero included, and of every other token that the owner holds some of. */
export async function readHoldings(
  { network, rpc }: { network: Network; rpc: Rpc },
  owner: string,
  tokens: readonly Token[],
): Promise<{ token: Token; amount: bigint }[]> {
  const amounts = new Map<string, bigint>()
  for (const program of [tokenProgram, token2022Program]) {
    const config = { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: 72 } }
    const { value } = await rpc.call<Listed>('getTokenAccountsByOwner', [owner, { programId: program }, config])
    for (const { account } of value) {
      const { mint, amount } = holdingOf(Buffer.from(account.data[0], 'base64'))
      amounts.set(mint, (amounts.get(mint) ?? 0n) + amount)
    }
  }
  const known = new Set(tokens.map(({ address }) => address))
  const others = [...amounts].filter(([mint, amount]) => amount > 0n && !known.has(mint)).map(([mint]) => mint)
  const described = await describe(network, rpc, others)
  return [...tokens, ...described].map((token) => ({ token, amount: amounts.get(token.address) ?? 0n }))
}

async function describe(network: Network, rpc: Rpc, mints: readonly string[]): Promise<Token[]> {
  const accounts = await readAccounts(rpc, mints)
  return mints.flatMap((mint, index) => {
    const account = accounts[index]
    // A mint that was closed between the two reads has no holders left.
    return account && isMint(account) ? [readMint(network, mint, account)] : []
  })
}
