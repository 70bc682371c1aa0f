import { Failure, parseBase, type RequestOf, toBase, tokenAsset, ZERO_BASE } from '@waiaas/contract'
import type { Grantee } from '../../chains/chain.ts'
import type { IntentOf, Token } from '../../chains/intent.ts'
import { amountIn } from './amount.ts'
import type { Kind, Parse, Parsing } from './kind.ts'
import { tokenOf } from './token-transfer.ts'

type Approve = IntentOf<'approve'>
type ApproveNft = IntentOf<'approve-nft'>
type Stored = { spender: string; amount: string; token: Token }
type StoredNft = { spender: string; contract: string; tokenId: string; all: boolean }

/** So much of a token may be taken by somebody. */
export const approve: Kind<Approve> = {
  store: ({ kind, spender, amount, token }) => ({ kind, spender, amount: String(amount), token }),
  restore: (stored) => {
    const { spender, amount, token } = stored as Stored // as `store` wrote it
    return { kind: 'approve', spender, amount: parseBase(amount), token }
  },
  headline: ({ spender, amount, token: { asset, decimals, symbol } }) => ({
    ...{ to: spender, amount, asset, decimals, symbol },
  }),
  tokens: ({ token }) => [token],
  memo: () => null,
}

/** One NFT may be taken by somebody, or all of a contract. */
export const approveNft: Kind<ApproveNft> = {
  store: ({ kind, spender, contract, tokenId, all }) => ({ kind, spender, contract, tokenId: String(tokenId), all }),
  restore: (stored) => {
    const { spender, contract, tokenId, all } = stored as StoredNft // as `store` wrote it
    return { kind: 'approve-nft', spender, contract, tokenId: parseBase(tokenId), all }
  },
  headline: ({ spender, contract, all }, { network }) => ({
    to: spender,
    asset: tokenAsset(network, contract),
    amount: all ? ZERO_BASE : toBase(1n),
    decimals: 0,
    symbol: all ? 'all NFTs' : 'NFT',
  }),
  tokens: () => [],
  memo: () => null,
}

/** The request that ends an allowance. Failure UNSUPPORTED_TX_TYPE of NFTs, which no amount of 0 takes back. */
export function takenBack({ asset, network }: { asset: string; network: string }, { spender, nft }: Grantee) {
  if (nft !== undefined)
    throw new Failure(
      'UNSUPPORTED_TX_TYPE',
      'expected the allowance of a token; that of an NFT ends by a call of its contract, or when the NFT moves',
    )
  return { type: 'APPROVE', spender, amount: '0', token: { assetId: asset }, network, dryRun: false } as const
}

export const parseApprove: Parse<'APPROVE'> = async (input, on) => {
  const spender = on.chain.address(input.spender)
  if (input.nft) return nftIntent(input, on, spender)
  const token = await tokenOf(input.token, on)
  return { kind: 'approve', spender, amount: amountIn(input, token), token }
}

function nftIntent(
  { nft, token, amount, humanAmount }: RequestOf<'APPROVE'>,
  { chain }: Parsing,
  spender: string,
): ApproveNft {
  const { tokenId, standard } = nft!
  if (tokenId === undefined)
    throw new Failure(
      'UNSUPPORTED_TX_TYPE',
      'an NFT that is a mint is allowed like a token: an amount of 1, without nft',
    )
  if (token.address === undefined)
    throw new Failure('INVALID_TRANSACTION', 'expected the address of the contract of the NFT in token.address')
  // The schema let nothing pass that has neither.
  const all = !/^0+(\.0+)?$/.test((amount ?? humanAmount)!)
  if (!all && standard === 'ERC-1155')
    throw new Failure(
      'INVALID_TRANSACTION',
      'ERC-1155 has no approval of one token; send an amount other than 0 for all',
    )
  return { kind: 'approve-nft', spender, contract: chain.address(token.address), tokenId: parseBase(tokenId), all }
}
