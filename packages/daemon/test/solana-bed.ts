import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { getAddressDecoder } from '@solana/kit'
import { LOCAL_NETWORKS, type Network, tokenAsset } from '@waiaas/contract'
import { createSolanaFixtures, type SolanaFixtures, type SolanaNode, startSolana } from '@waiaas/localnet'
import type { Draft, Lifetime, Signed } from '../src/chains/build.ts'
import type { Chain } from '../src/chains/chain.ts'
import type { Attempt } from '../src/chains/follow.ts'
import type { Intent, Token } from '../src/chains/intent.ts'
import { type SolanaOptions, solanaChain } from '../src/chains/solana/chain.ts'
import { token2022Program, tokenProgram } from '../src/chains/solana/programs.ts'

/** The local Solana network, for tests. */
export const localSolana: Network = LOCAL_NETWORKS.find(({ id }) => id === 'local-solana')!

export type Wallet = { readonly address: string; readonly key: KeyObject }

/** A fresh Ed25519 key pair. */
export function newWallet(): Wallet {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return { address: getAddressDecoder().decode(raw), key: privateKey }
}

export type Bed = {
  readonly node: SolanaNode
  readonly chain: Chain
  readonly fixtures: SolanaFixtures
  readonly spl: Token
  readonly token2022: Token
  /** Moves the clock of the chain's caches. */
  pass(ms: number): void
  funded(lamports?: bigint): Promise<Wallet>
  /** What an account holds now. */
  data(address: string): Promise<Buffer>
  /** Drafts, signs and seals; nothing is sent. */
  signed(
    wallet: Wallet,
    intent: Intent,
    variation?: number,
  ): Promise<{ attempt: Attempt; signed: Signed; draft: Draft }>
  close(): Promise<void>
}

/** A VM whose slots pass only when told, with test tokens, and a chain on it with a hand-moved clock. */
export async function testBed(options: Partial<SolanaOptions> = {}): Promise<Bed> {
  const node = await startSolana({ slotMs: 0 })
  const fixtures = await createSolanaFixtures(node)
  let now = 1_000_000
  const chain = solanaChain({ network: localSolana, urls: [node.url], clock: () => now, ...options })
  return {
    node,
    chain,
    fixtures,
    spl: tokenAt(fixtures.splMint, 6, tokenProgram),
    token2022: tokenAt(fixtures.token2022Mint, 9, token2022Program),
    pass: (ms) => {
      now += ms
    },
    async funded(lamports = 2_000_000_000n) {
      const wallet = newWallet()
      await node.airdrop(wallet.address, lamports)
      return wallet
    },
    async data(account) {
      const params = [account, { encoding: 'base64', commitment: 'processed' }]
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getAccountInfo', params })
      const headers = { 'content-type': 'application/json' }
      const answer = (await (await fetch(node.url, { method: 'POST', headers, body })).json()) as {
        result: { value: { data: [string] } | null }
      }
      return Buffer.from(answer.result.value?.data[0] ?? '', 'base64')
    },
    async signed(wallet, intent, variation = 0) {
      const draft = await chain.draft(wallet.address, intent)
      const lifetime = { ...(await chain.expiry!.anchor()), variation }
      return { draft, ...signUnder(chain, wallet, draft, lifetime) }
    },
    async close() {
      chain.close()
      await node.stop()
    },
  }
}

export function signUnder(chain: Chain, wallet: Wallet, draft: Draft, lifetime: Lifetime) {
  const bytes = chain.bytes(wallet.address, draft, lifetime)
  const signed = chain.addSignature(wallet.address, bytes, sign(null, bytes, wallet.key))
  const attempt: Attempt = { id: signed.hash.slice(0, 8), hash: signed.hash, sender: wallet.address, lifetime }
  return { attempt, signed }
}

const tokenAt = (address: string, decimals: number, program: string): Token => ({
  address,
  asset: tokenAsset(localSolana, address),
  symbol: 'TEST',
  name: 'Test token',
  decimals,
  program,
})
