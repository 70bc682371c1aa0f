import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findNetwork, LOCAL_NETWORKS, NETWORKS, type Network } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { generatePrivateKey, privateKeyToAddress, sign } from 'viem/accounts'
import { hexToBytes, keccak256 } from 'viem/utils'
import { onTestFinished } from 'vitest'
import type { Draft, Signed } from '../src/chains/build.ts'
import type { Chain } from '../src/chains/chain.ts'
import { evmChain } from '../src/chains/evm/chain.ts'
import type { Attempt } from '../src/chains/follow.ts'
import type { Intent, Token } from '../src/chains/intent.ts'

export const localEvm: Network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
export const ethereum: Network = findNetwork(NETWORKS, 'ethereum-mainnet')!
export const ether = 10n ** 18n

export type Key = { readonly address: string; readonly privateKey: `0x${string}` }
export function newKey(): Key {
  const privateKey = generatePrivateKey()
  return { privateKey, address: privateKeyToAddress(privateKey) }
}

/** r, s and y parity over the keccak hash of the bytes, as the signer makes it. */
export async function signature(key: Key, unsigned: Uint8Array): Promise<Uint8Array> {
  const { r, s, yParity } = await sign({ hash: keccak256(unsigned), privateKey: key.privateKey })
  return Buffer.concat([hexToBytes(r, { size: 32 }), hexToBytes(s, { size: 32 }), Buffer.of(yParity ?? 2)])
}

export async function signed(chain: Chain, key: Key, draft: Draft, nonce: number): Promise<Signed> {
  const unsigned = chain.bytes(key.address, draft, { nonce })
  return chain.addSignature(key.address, unsigned, await signature(key, unsigned))
}

/** Signs a fresh draft of the intent; the attempt is named after its nonce unless told otherwise. */
export async function prepare(chain: Chain, key: Key, intent: Intent, nonce: number, id = `attempt-${nonce}`) {
  const draft = await chain.draft(key.address, intent)
  const { hash, bytes } = await signed(chain, key, draft, nonce)
  const attempt: Attempt = { id, hash, sender: key.address, lifetime: { nonce } }
  return { draft, bytes, hash, attempt }
}

/** A node, a chain over it and a funded key; all gone after the test. */
export async function startChain(options: Parameters<typeof startEvm>[0] & { network?: Network } = {}) {
  const { network = localEvm, ...nodeOptions } = options
  const node = await startEvm(nodeOptions)
  onTestFinished(() => node.stop())
  const chain = evmChain({ network, urls: [node.url], allowForeignGenesis: true, warn: () => undefined })
  return { node, chain, key: await fundedKey(node) }
}

export async function fundedKey(node: EvmNode): Promise<Key> {
  const key = newKey()
  await node.fund(key.address, 1_000n * ether)
  return key
}

export const tokenAt = (address: string, decimals = 18): Token => ({
  address,
  asset: `eip155:31337/erc20:${address.toLowerCase()}`,
  symbol: 'T',
  name: 'T',
  decimals,
})

export type Request = { readonly method: string; readonly params: readonly unknown[]; readonly id: number }
export type Answer = (body: Request | Request[], response: ServerResponse, raw: string) => unknown

/**
 * An HTTP endpoint on loopback that answers as told; `Answer` returns the JSON or writes the response itself. Where it fails,
 * as it does when the node behind it is stopped meanwhile, the connection is cut.
 */
export async function startEndpoint(
  answer: Answer,
): Promise<{ url: string; seen: Request[][]; stop(): Promise<void> }> {
  const seen: Request[][] = []
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const raw = Buffer.concat(chunks).toString()
    const body = JSON.parse(raw) as Request | Request[]
    seen.push([body].flat())
    const result = await answer(body, response, raw)
    if (result !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
  }
  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(stop)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, stop }
}

/** Passes everything on to a node. */
export const forwardTo =
  (url: string): Answer =>
  async (_body, _response, raw) => {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: raw })
    return answer.json()
  }

export type Answered = { readonly result?: unknown; readonly error?: unknown }
/** Passes everything on to a node and changes what it answers; `undefined` leaves an answer as it is. */
export function changing(url: string, change: (request: Request, answer: Answered) => Answered | undefined): Answer {
  const forward = forwardTo(url)
  return async (body, response, raw) => {
    const answers = [(await forward(body, response, raw)) as Answered].flat()
    const changed = [body].flat().map((request, index) => {
      const instead = change(request, answers[index]!)
      return instead ? { jsonrpc: '2.0', id: request.id, ...instead } : answers[index]
    })
    return Array.isArray(body) ? changed : changed[0]
  }
}

/** The same answer to each request, alone or in a batch. */
export const each =
  (fn: (request: Request) => object): Answer =>
  (body) => {
    const one = (request: Request) => ({ jsonrpc: '2.0', id: request.id, ...fn(request) })
    return Array.isArray(body) ? body.map(one) : one(body)
  }
