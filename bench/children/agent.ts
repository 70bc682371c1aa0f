/** An agent that sends through the daemon, with nothing but its session token. */
import { type Client, httpClient, inOrder, landed, requireReceipts } from '../http.ts'
import { readJob, writeResult } from './job.ts'

export type AgentJob = {
  readonly url: string
  readonly token: string
  readonly rpcUrl: string
  readonly address: string
  readonly recipient: string
  /** Transfers that the wallet has made before. */
  readonly before: number
  /** Sent and landed before the clock starts: a daemon runs for weeks. */
  readonly warmUp: number
  readonly count: number
} & ({ readonly mode: 'closed'; readonly inFlight: number } | { readonly mode: 'open'; readonly perSecond: number })

export type AgentResult = {
  /** First call to last receipt. */
  readonly seconds: number
  /** First call to last answer. */
  readonly acceptSeconds: number
  readonly latenciesMs: readonly number[]
  /** How late the calls were made: the generator's own fault, not the daemon's. */
  readonly lateMs: readonly number[]
}

const job = readJob<AgentJob>()
const daemon = httpClient(job.url, job.mode === 'closed' ? job.inFlight : 256)
const node = httpClient(job.rpcUrl, 1)
const run = process.pid.toString(36) + Date.now().toString(36)
const headers = { authorization: `Bearer ${job.token}`, 'content-type': 'application/json' }
const body = JSON.stringify({ to: job.recipient, amount: '1', network: 'local-evm' })

async function send(client: Client, key: string): Promise<number> {
  const startedAt = performance.now()
  const { status, text } = await client.call(
    'POST',
    '/v1/transactions/send',
    { ...headers, 'idempotency-key': `${run}-${key}` },
    body,
  )
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${text}`)
  return performance.now() - startedAt
}

async function warmUp(): Promise<void> {
  if (job.warmUp === 0) return
  await inOrder(job.warmUp, 64, async (index) => void (await send(daemon, `warm-${index}`)))
  await landed(node, job.address, job.before + job.warmUp)
}

async function closedLoop(inFlight: number): Promise<AgentResult> {
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  await inOrder(job.count, inFlight, async (index) => void latenciesMs.push(await send(daemon, String(index))))
  const acceptedAt = performance.now()
  const landedAt = await landed(node, job.address, job.before + job.warmUp + job.count)
  return {
    seconds: (landedAt - startedAt) / 1_000,
    acceptSeconds: (acceptedAt - startedAt) / 1_000,
    latenciesMs,
    lateMs: [],
  }
}

/** Calls at fixed moments, whatever the answers do. */
async function openLoop(perSecond: number): Promise<AgentResult> {
  const latenciesMs: number[] = []
  const lateMs: number[] = []
  const running: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; index < job.count; index++) {
    const due = startedAt + (index * 1_000) / perSecond
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    lateMs.push(performance.now() - due)
    running.push(send(daemon, String(index)).then((ms) => void latenciesMs.push(ms)))
  }
  await Promise.all(running)
  const acceptedAt = performance.now()
  const landedAt = await landed(node, job.address, job.before + job.warmUp + job.count)
  return {
    seconds: (landedAt - startedAt) / 1_000,
    acceptSeconds: (acceptedAt - startedAt) / 1_000,
    latenciesMs,
    lateMs,
  }
}

await warmUp()
const result = job.mode === 'closed' ? await closedLoop(job.inFlight) : await openLoop(job.perSecond)
await requireReceipts(node, job.address, job.before + job.warmUp + job.count)
writeResult(result)
daemon.close()
node.close()
