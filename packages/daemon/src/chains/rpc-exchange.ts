import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps, Agent as TlsAgent } from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'

/** A connection that was idle for longer may have been closed at its other end, unseen. */
const IDLE_MS = 4_000
const kept = { keepAlive: true, timeout: IDLE_MS }
const agents = { http: new Agent(kept), https: new TlsAgent(kept) }

// Blocks full of receipts, several to a batch, stay below it.
export const MOST_BYTES = 128_000_000
export class TooLong extends Error {}

type Sent = {
  readonly href: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}
type Received = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

/**
 * One POST over a connection that is kept. A redirect is an answer like others: to follow would take the key in the URL to
 * another host. Throws what the connection or the decompressor throws, and TooLong.
 */
export async function exchange(sent: Sent): Promise<Received> {
  // A request would be made, and ended before it is sent: over a connection of its own.
  sent.signal.throwIfAborted()
  const response = await answered(sent)
  return { status: response.statusCode!, headers: response.headers, text: await textOf(response) }
}

/** Some providers refuse whoever does not name a program. */
const COMMON = { accept: '*/*', 'accept-encoding': 'gzip, br', 'user-agent': 'node' }

const answered = ({ href, headers, body, signal }: Sent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const isTls = href.startsWith('https:')
    const options = {
      method: 'POST',
      agent: isTls ? agents.https : agents.http,
      headers: { ...COMMON, ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
    }
    let isAnswered = false
    const request = (isTls ? overHttps : overHttp)(href, options, (response) => {
      isAnswered = true
      resolve(response)
    })
    // Also what comes when the answer has begun, of which its reader hears too.
    request.on('error', reject)
    // What is no answer, such as another protocol, ends it without an error.
    request.on('close', () => {
      if (!isAnswered) reject(new Error('the connection ended without an answer'))
    })
    request.end(body)
  })

const DECOMPRESSORS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  br: createBrotliDecompress,
}

async function textOf(response: IncomingMessage): Promise<string> {
  const decompressor = DECOMPRESSORS[response.headers['content-encoding']?.toLowerCase() ?? '']?.()
  // Whoever reads the end of it hears of a failure.
  const stream: Readable = decompressor ? pipeline(response, decompressor, () => {}) : response
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > MOST_BYTES) throw new TooLong()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
