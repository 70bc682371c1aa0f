import { address } from '@solana/kit'
import { getContractAddress } from 'viem'
import { evmNodeAt } from './evm/anvil.ts'
import { evmFaucet, mintToken, PERMIT_TOKEN_NONCE } from './evm/fixtures.ts'
import { publicSigner } from './solana/faucet.ts'
import { mintSpl, SPL_MINT } from './solana/fixtures.ts'

/** Gives test money of a local chain that runs somewhere, in base units. */
export type Faucet = {
  /** The token with 6 decimals that stands for dollars. */
  readonly usdc: string
  native(to: string, amount: bigint): Promise<void>
  token(to: string, amount: bigint): Promise<void>
}

/** Of the EVM node at this address, which must have the fixtures. */
export function evmFaucetAt(url: string): Faucet {
  const node = evmNodeAt(url)
  const usdc = getContractAddress({ from: evmFaucet, nonce: PERMIT_TOKEN_NONCE })
  return {
    usdc,
    native: (to, amount) => node.fund(to, amount),
    token: (to, amount) => mintToken(node, usdc, { to, amount }),
  }
}

/** Of the Solana VM at this address, which must have the fixtures. */
export async function solanaFaucetAt(url: string): Promise<Faucet> {
  const { address: usdc } = await publicSigner(SPL_MINT)
  return {
    usdc,
    async native(to, amount) {
      const body = { jsonrpc: '2.0', id: 1, method: 'requestAirdrop', params: [to, Number(amount)] }
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const { error } = (await response.json()) as { error?: { message: string } }
      if (error) throw new Error(`requestAirdrop failed: ${error.message}`)
    },
    token: (to, amount) => mintSpl(url, { owner: address(to), amount }),
  }
}
