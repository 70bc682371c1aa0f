import { Agent, request } from 'node:http'

type Answer = { readonly status: number; readonly text: string }
export type Client = {
  call(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer>
  close(): void
}

/** The cheapest client that Node has: its own HTTP/1.1 over kept connections, at most `sockets` of them. */
export function httpClient(url: string, sockets: number): Client {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'fifo' })
  return {
    call: (method, path, headers, body) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
        const sent = request(
          { agent, hostname, port, path, method, headers: { ...headers, ...length } },
          (response) => {
            let text = ''
            response.setEncoding('utf8')
            response.on('data', (chunk: string) => {
              text += chunk
            })
            response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
            response.on('error', reject)
          },
        )
        sent.on('error', reject)
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}

const json = { 'content-type': 'application/json' }

/** One JSON-RPC call; throws with the node's own words. */
export async function rpcCall(client: Client, method: string, params: readonly unknown[]): Promise<unknown> {
  const { text } = await client.call('POST', '/', json, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const answer = JSON.parse(text) as { result?: unknown; error?: { message: string } }
  if (answer.error) throw new Error(`${method} failed: ${answer.error.message}`)
  return answer.result
}

/** The chain has not taken a transaction for five seconds although there are some for it to take. */
export class Stalled extends Error {
  override readonly name = 'Stalled'
}

const stallMs = 5_000

/** Resolves with the moment at which the chain shows `count` transactions of the address, all of them in blocks. */
export async function landed(client: Client, address: string, count: number): Promise<number> {
  let last = { mined: -1, at: performance.now() }
  for (;;) {
    const mined = Number(await rpcCall(client, 'eth_getTransactionCount', [address, 'latest']))
    const now = performance.now()
    if (mined >= count) return now
    if (mined > last.mined) last = { mined, at: now }
    if (now - last.at > stallMs) {
      const pool = JSON.stringify(await rpcCall(client, 'txpool_status', []))
      throw new Stalled(`expected ${count} transactions of ${address} in blocks, got ${mined}; the node has ${pool}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

type Receipt = { readonly from: string; readonly status: string }

/** Reads the receipts of every block; throws unless the address has exactly `count` successful ones. */
export async function requireReceipts(client: Client, address: string, count: number): Promise<void> {
  const deadline = performance.now() + stallMs
  let succeeded = 0
  let height = 0
  // Anvil counts a transaction a moment before it shows the block that holds it.
  while (succeeded < count && performance.now() < deadline) {
    const head = Number(await rpcCall(client, 'eth_blockNumber', []))
    while (height < head) {
      height++
      const receipts = (await rpcCall(client, 'eth_getBlockReceipts', [`0x${height.toString(16)}`])) as Receipt[]
      succeeded += receipts.filter(({ from, status }) => from === address.toLowerCase() && status === '0x1').length
    }
    if (succeeded < count) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  if (succeeded !== count) throw new Error(`expected ${count} successful receipts of ${address}, got ${succeeded}`)
}

/** Starts `count` tasks in order, at most `inFlight` of them at once. */
export async function inOrder(count: number, inFlight: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, work))
}
