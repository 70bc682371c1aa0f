import { type Base, Failure, parseBase, type RequestOf, toBase, tokenAsset } from '@waiaas/contract'
import type { Intent, IntentOf } from '../../chains/intent.ts'
import { amountOf } from './amount.ts'
import type { Kind, Parse, Parsing } from './kind.ts'
import { tokenOf, tokensTo } from './token-transfer.ts'

type NftTransfer = IntentOf<'nft-transfer'>
type Stored = { to: string; contract: string; tokenId: string; amount: string; isSingle: boolean }

/** An NFT to an address. */
export const nftTransfer: Kind<NftTransfer> = {
  store: ({ kind, to, contract, tokenId, amount, isSingle }) => ({
    ...{ kind, to, contract, tokenId: String(tokenId), amount: String(amount), isSingle },
  }),
  restore: (stored) => {
    const { to, contract, tokenId, amount, isSingle } = stored as Stored // as `store` wrote it
    return { kind: 'nft-transfer', to, contract, tokenId: parseBase(tokenId), amount: parseBase(amount), isSingle }
  },
  headline: ({ to, contract, amount }, { network }) => ({
    ...{ to, amount, asset: tokenAsset(network, contract), decimals: 0, symbol: 'NFT' },
  }),
  tokens: () => [],
  memo: () => null,
}

export const parseNftTransfer: Parse<'NFT_TRANSFER'> = async (input, on) => {
  const to = on.chain.address(input.to)
  // The schema let nothing pass without it.
  const { tokenId, standard } = input.nft!
  const amount = countIn(input)
  if (standard !== 'ERC-1155' && amount !== 1n)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected an amount of 1, since ${standard} has one of each, got ${amount}`,
    )
  if (tokenId === undefined) return mintIntent(input, on, to)
  if (input.token.address === undefined)
    throw new Failure('INVALID_TRANSACTION', 'expected the address of the contract of the NFT in token.address')
  const contract = on.chain.address(input.token.address)
  return { kind: 'nft-transfer', to, contract, tokenId: parseBase(tokenId), amount, isSingle: standard === 'ERC-721' }
}

function countIn({ amount, humanAmount }: RequestOf<'NFT_TRANSFER'>): Base {
  if (amount === undefined && humanAmount === undefined) return toBase(1n)
  return amountOf({ amount, humanAmount }, { decimals: 0, symbol: 'NFT' })
}

/** A mint without decimals is an NFT, and moves like any token. */
async function mintIntent(input: RequestOf<'NFT_TRANSFER'>, on: Parsing, to: string): Promise<Intent> {
  if (!on.chain.programs)
    throw new Failure('UNSUPPORTED_TX_TYPE', `${on.chain.network.id} has no NFTs that are mints; name another standard`)
  const token = await tokenOf(input.token, on)
  if (token.decimals !== 0)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected the mint of an NFT, without decimals, got one with ${token.decimals}`,
    )
  return tokensTo(to, token, toBase(1n))
}
