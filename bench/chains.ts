/** The chains that the bench pays on, as both sides of a comparison get them. */
import { type EvmNode, startEvm, startSolana } from '@waiaas/localnet'
import type { Nodes } from './daemon.ts'
import { type Client, httpClient, rpcCall, Stalled } from './http.ts'

export const FAMILIES = ['evm', 'solana'] as const
export type Family = (typeof FAMILIES)[number]

type Place = {
  /** The daemon's name for it. */
  readonly network: string
  readonly chain: string
  readonly recipient: string
}
export const places = {
  evm: { network: 'local-evm', chain: 'ethereum', recipient: '0x00000000000000000000000000000000000ff1ce' },
  solana: { network: 'local-solana', chain: 'solana', recipient: '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T' },
} as const satisfies Readonly<Record<Family, Place>>

/** A fresh node, as both sides of every comparison get it. */
export const startNode = (): Promise<EvmNode> =>
  startEvm({ blockTime: 0.25, gasLimit: 300_000_000n, slotsInAnEpoch: 1 })

export type Node = {
  readonly url: string
  readonly nodes: Nodes
  /** Enough for any run. */
  fund(address: string): Promise<void>
  stop(): Promise<void>
}

const start: Readonly<Record<Family, () => Promise<Node>>> = {
  async evm() {
    const { url, fund, stop } = await startNode()
    return { url, nodes: { evm: url }, fund: (address) => fund(address, 10n ** 21n), stop }
  },
  async solana() {
    const { url, airdrop, stop } = await startSolana()
    const fund = async (address: string) => void (await airdrop(address, 10n ** 11n))
    return { url, nodes: { solana: url }, fund, stop }
  },
}

export async function withChain<T>(family: Family, fn: (node: Node) => Promise<T>): Promise<T> {
  const node = await start[family]()
  try {
    return await fn(node)
  } finally {
    await node.stop()
  }
}

/** Of the newest block; on Solana of the newest confirmed one. */
const balances: Readonly<Record<Family, (client: Client, address: string) => Promise<bigint>>> = {
  evm: async (client, address) => BigInt(String(await rpcCall(client, 'eth_getBalance', [address, 'latest']))),
  solana: async (client, address) => {
    // The node's own answer: { context, value }.
    const answer = (await rpcCall(client, 'getBalance', [address, { commitment: 'confirmed' }])) as { value: number }
    return BigInt(answer.value)
  },
}

export type Watch = { readonly family: Family; readonly url: string; readonly address: string }

const STALL_MS = 10_000

/**
 * What an address has more than now, each time that it is asked; throws where that is more than is named. `reaches`
 * resolves with the moment at which it has so much more.
 */
export async function watchBalance({ family, url, address }: Watch) {
  const client = httpClient(url, 1)
  const read = () => balances[family](client, address)
  const before = await read()
  return {
    close: () => client.close(),
    async reaches(more: bigint): Promise<number> {
      let last = { got: -1n, at: performance.now() }
      for (;;) {
        const got = (await read()) - before
        const now = performance.now()
        if (got > more) throw new Error(`expected ${more} more at ${address}, got ${got}: something was paid twice`)
        if (got === more) return now
        if (got > last.got) last = { got, at: now }
        if (now - last.at > STALL_MS) throw new Stalled(`expected ${more} more at ${address}, got ${got} and no more`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  }
}
