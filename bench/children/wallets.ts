/** Agents that send through the daemon at the same time, each with its own wallet and session token. */
import { type Family, places, watchBalance } from '../chains.ts'
import { type Client, httpClient, inOrder } from '../http.ts'
import { readJob, writeResult } from './job.ts'

export type WalletsJob = {
  readonly url: string
  readonly tokens: readonly string[]
  readonly family: Family
  readonly rpcUrl: string
  readonly warmUp: number
  readonly count: number
  readonly inFlight: number
}
/** First call to the moment at which all has arrived. */
export type WalletsResult = { readonly seconds: number }

const job = readJob<WalletsJob>()
const { network, recipient } = places[job.family]
const run = process.pid.toString(36) + Date.now().toString(36)
const body = JSON.stringify({ to: recipient, amount: '1', network })

async function send(daemon: Client, index: number): Promise<void> {
  const { status, text } = await daemon.call(
    'POST',
    '/v1/transactions/send',
    {
      authorization: `Bearer ${job.tokens[index % job.tokens.length]}`,
      'content-type': 'application/json',
      'idempotency-key': `${run}-${index}`,
    },
    body,
  )
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${text}`)
}

/** Over connections of its own: those that have waited are closed by the server. */
async function sendAll(from: number, count: number): Promise<void> {
  const daemon = httpClient(job.url, job.inFlight)
  await inOrder(count, job.inFlight, (index) => send(daemon, from + index))
  daemon.close()
}

const balance = await watchBalance({ family: job.family, url: job.rpcUrl, address: recipient })
await sendAll(0, job.warmUp)
await balance.reaches(BigInt(job.warmUp))
const startedAt = performance.now()
await sendAll(job.warmUp, job.count)
const arrivedAt = await balance.reaches(BigInt(job.warmUp + job.count))
writeResult({ seconds: (arrivedAt - startedAt) / 1_000 } satisfies WalletsResult)
balance.close()
