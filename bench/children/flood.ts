/** A token that asks without end for as much as it can, whatever it is answered. */
import { httpClient } from '../http.ts'
import { readJob, writeResult } from './job.ts'

export type FloodJob = {
  readonly url: string
  readonly token: string
  readonly recipient: string
  readonly seconds: number
  readonly inFlight: number
}
/** How often it was answered with each status. */
export type FloodResult = { readonly statuses: Readonly<Record<string, number>> }

const job = readJob<FloodJob>()
const daemon = httpClient(job.url, job.inFlight)
const headers = { authorization: `Bearer ${job.token}`, 'content-type': 'application/json' }
const body = JSON.stringify({ to: job.recipient, amount: '1', network: 'local-evm' })
const statuses: Record<string, number> = {}
const end = performance.now() + job.seconds * 1_000

/** Payments, simulations and long lists in turn. */
async function ask(turn: number): Promise<void> {
  const calls = [
    ['POST', '/v1/transactions/send'],
    ['POST', '/v1/transactions/simulate'],
    ['GET', '/v1/transactions?limit=100'],
  ] as const
  const [method, path] = calls[turn % calls.length]!
  const { status } = await daemon.call(method, path, headers, method === 'POST' ? body : undefined)
  statuses[status] = (statuses[status] ?? 0) + 1
}

await Promise.all(
  Array.from({ length: job.inFlight }, async (_, at) => {
    for (let turn = at; performance.now() < end; turn++) await ask(turn)
  }),
)
daemon.close()
writeResult({ statuses } satisfies FloodResult)
