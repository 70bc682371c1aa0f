import { runChild } from './child.ts'
import type { AgentJob, AgentResult } from './children/agent.ts'
import { operatorOf, type Program, startDaemonProcess } from './daemon.ts'
import { type Client, httpClient, inOrder } from './http.ts'
import { recipient, type Site, untilConfirmed, withSite } from './site.ts'
import { agentJob } from './throughput.ts'

export type Burst = { readonly landed: number; readonly seconds: number }

/** So many sends at once, on as many connections; throws unless every one of them lands. */
export const measureBurst = (program: Program, count: number): Promise<Burst> =>
  withSite(program, async (site) => {
    const job: AgentJob = { ...agentJob(site), warmUp: 0, count, mode: 'closed', inFlight: count }
    const { seconds } = await runChild<AgentResult>('agent', job)
    await untilConfirmed(site.operator, count, performance.now())
    return { landed: count, seconds }
  })

/**
 * Seconds from the start of a new process until it knows the fate of `count` transactions that the killed one had signed
 * and sent. No block is made while they are sent, so that all of them are in flight at the kill; then blocks go on.
 */
export const measureRecovery = (program: Program, count: number): Promise<number> =>
  withSite(program, async (site) => {
    const { node, operator, daemon, dataDir } = site
    await node.rpc('evm_setIntervalMining', [0])
    const client = httpClient(daemon.url, 64)
    await inOrder(count, 64, (index) => send(client, site, index))
    client.close()
    await untilSubmitted(site, count)
    operator.close()
    await daemon.kill()
    await node.rpc('evm_setIntervalMining', [1])
    const startedAt = performance.now()
    const second = await startDaemonProcess(program, dataDir, { evm: node.url })
    try {
      const again = operatorOf(second.url, dataDir)
      const ms = await untilConfirmed(again, count, startedAt)
      again.close()
      return ms / 1_000
    } finally {
      await second.kill()
    }
  })

async function send(client: Client, { wallet }: Site, index: number): Promise<void> {
  const headers = {
    authorization: `Bearer ${wallet.token}`,
    'content-type': 'application/json',
    'idempotency-key': `recovery-${index}`,
  }
  const body = JSON.stringify({ to: recipient, amount: '1', network: 'local-evm' })
  const { status, text } = await client.call('POST', '/v1/transactions/send', headers, body)
  if (status !== 201) throw new Error(`expected 201, got ${status}: ${text}`)
}

async function untilSubmitted({ node, operator, wallet }: Site, count: number): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const { total } = await operator.call('GET', '/v1/admin/transactions?status=SUBMITTED&limit=1')
    const pending = Number(await node.rpc('eth_getTransactionCount', [wallet.address, 'pending']))
    if (Number(total) >= count && pending >= count) return
    if (performance.now() > deadline)
      throw new Error(`expected ${count} in flight, got ${total} submitted and ${pending} in the node`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
