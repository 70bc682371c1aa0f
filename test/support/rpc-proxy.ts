import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseJson, stringifyJson } from '../../packages/localnet/src/solana/json.ts'
import type { Profile } from './providers/profile.ts'
import { vendor } from './providers/vendor.ts'
import type { HttpAnswer, Call as NodeCall, Reply } from './providers/wire.ts'
import { type Call, dropping, type Fault, lagging } from './rpc-faults.ts'

/** Signed bytes that the daemon let out, at the moment they reached the network; over when nobody waits for the answer. */
type Send = { bytes: string; at: number; isOver: boolean }

/** What becomes of requests that send transactions; all others are passed on unless the node is `away`. */
export type Mode =
  | 'pass'
  /** Connections are cut before anything is read. */
  | 'away'
  /** Sends reach nobody, and wait; `mode = 'pass'` lets them go on. */
  | 'hold'
  /** The node gets the bytes, its answer waits. */
  | 'hold-answer'
  /** The node gets the bytes and its answer is lost. */
  | 'lose-answer'
  /** The node gets the bytes; the answer is that it knew them already. */
  | 'already-known'
  /** The bytes are lost and so is the answer. */
  | 'lose-bytes'

/** Stands between the daemon and a node, notes what is sent and fails on demand. */
export type RpcProxy = {
  readonly url: string
  mode: Mode
  /** It knows no state but the newest. */
  forgets: boolean
  /** What befalls the next request, if anything. */
  nextFault: () => Fault | undefined
  /** Every send, in order, repeats included. */
  readonly sends: Send[]
  /** The first send of each different transaction. */
  first(): Send[]
  /** How many requests other than sends were answered. */
  readonly reads: { count: number }
  /** What was asked in a way that no provider would take; of an endpoint with a profile. */
  readonly misuses: readonly string[]
  /** Nobody listens any more, so that a connection is refused; until it listens again. */
  hangUp(): Promise<void>
  listen(): Promise<void>
  stop(): Promise<void>
}

const LATE_MS = 400
const SENDING = ['eth_sendRawTransaction', 'sendTransaction']
const bytesOf = (calls: readonly Call[]) =>
  calls.filter(({ method }) => SENDING.includes(method)).map(({ params }) => String(params[0]))

/** `path` is what its URL ends in. With a profile it answers as that provider would, and the modes are what befalls it beside. */
export async function startRpcProxy(target: string, path = '', profile?: Profile): Promise<RpcProxy> {
  const provider = profile && vendor(profile, (calls) => ask(target, calls))
  const sends: Send[] = []
  const reads = { count: 0 }
  const waiting = new Set<() => void>()
  let mode: Mode = 'pass'
  const released = () => new Promise<void>((resolve) => waiting.add(resolve))

  const server = createServer((request, response) => {
    if (mode === 'away') return void request.socket.destroy()
    serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request)
    const parsed = JSON.parse(text) as Call | Call[]
    const fault = proxy.nextFault()
    if (fault) return befall(fault, { response, text, forward })
    const sent = bytesOf([parsed].flat())
    if (sent.length === 0) {
      reply(response, (proxy.forgets && withoutPast([parsed].flat())) || (await forward(text)))
      reads.count += 1
      return
    }
    const at = performance.now()
    const noted = sent.map((bytes): Send => ({ bytes, at, isOver: false }))
    sends.push(...noted)
    response.once('close', () => {
      for (const each of noted) each.isOver = true
    })
    if (mode === 'hold') await released()
    if (mode === 'lose-bytes') return void response.destroy()
    const answer = await forward(text)
    if (mode === 'hold-answer') await released()
    if (mode === 'lose-answer') return void response.destroy()
    reply(response, mode === 'already-known' ? { status: 200, headers, text: known(parsed) } : answer)
  }

  const forward = (body: string): Promise<HttpAnswer> => (provider ? provider.answer(body) : pass(target, body))

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on TCP, the address has a port.
  const { port } = server.address() as AddressInfo
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${port}${path}`,
    get mode() {
      return mode
    },
    set mode(next) {
      mode = next
      for (const release of waiting) release()
      waiting.clear()
      if (next === 'away') server.closeAllConnections()
    },
    forgets: false,
    nextFault: () => undefined,
    sends,
    first() {
      const seen = new Set<string>()
      return sends.filter(({ bytes }) => !seen.has(bytes) && seen.add(bytes))
    },
    reads,
    misuses: provider?.misuses ?? [],
    async hangUp() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
    listen: () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve)),
    async stop() {
      mode = 'lose-bytes'
      for (const release of waiting) release()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

type Befallen = { response: ServerResponse; text: string; forward(body: string): Promise<HttpAnswer> }

async function befall(fault: Fault, { response, text, forward }: Befallen): Promise<void> {
  if (fault.kind === 'cut') return void response.destroy()
  if (fault.kind === 'answered') return reply(response, fault.answer)
  if (fault.kind === 'late') await new Promise((resolve) => setTimeout(resolve, LATE_MS))
  if (fault.kind === 'twice') await forward(text)
  const answer = await (fault.kind in INSTEAD ? odd(INSTEAD[fault.kind]!, { text, forward }) : forward(text))
  reply(response, fault.kind === 'answer lost' ? undefined : answer)
}

const INSTEAD: { readonly [Kind in Fault['kind']]?: typeof dropping } = {
  dropped: dropping,
  behind: lagging,
  reversed: (calls, ask) => ask(calls.toReversed()),
}

/** The answer to a request, or to a batch of them, where each call is answered by something else than the node. */
async function odd(answers: typeof dropping, { text, forward }: Omit<Befallen, 'response'>): Promise<HttpAnswer> {
  const parsed = parseJson(text) as Call | Call[]
  const ask = async (calls: readonly Call[]) => {
    const answer = await forward(stringifyJson(calls))
    return parseJson(answer!.text) as { id: unknown }[]
  }
  const all = await answers([parsed].flat(), ask)
  return { status: 200, headers, text: stringifyJson(Array.isArray(parsed) ? all : all[0]) }
}

/** What a node says of blocks that it has no state of any more; undefined where the newest is asked about. */
function withoutPast(calls: readonly Call[]): HttpAnswer | undefined {
  if (!calls.every(({ method, params }) => method === 'eth_call' && /^0x/.test(String(params[1])))) return undefined
  const answers = calls.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32000, message: 'missing trie node' } }))
  return { status: 200, headers, text: JSON.stringify(answers.length === 1 ? answers[0] : answers) }
}

const headers = { 'content-type': 'application/json' }

async function pass(target: string, body: string): Promise<HttpAnswer> {
  const response = await fetch(target, { method: 'POST', headers, body })
  return { status: response.status, headers, text: await response.text() }
}

/** The node's answers in the order of the calls. */
async function ask(target: string, calls: readonly NodeCall[]): Promise<Reply[]> {
  const body = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }))
  const { text } = (await pass(target, stringifyJson(body)))!
  // The local nodes answer a batch with an array of what JSON-RPC promises.
  const answers = parseJson(text) as ({ id: number } & Reply)[]
  return answers
    .toSorted((a, b) => a.id - b.id)
    .map((answer) => ('error' in answer ? { error: answer.error } : { result: answer.result }))
}

function reply(response: ServerResponse, answer: HttpAnswer): void {
  if (answer) response.writeHead(answer.status, answer.headers).end(answer.text)
  else response.destroy()
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** What nodes say to bytes that they have. */
function known(parsed: Call | Call[]): string {
  const say = ({ id }: Call) => ({ jsonrpc: '2.0', id, error: { code: -32000, message: 'already known' } })
  return JSON.stringify(Array.isArray(parsed) ? parsed.map(say) : say(parsed))
}
