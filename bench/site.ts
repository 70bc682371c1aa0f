import type { EvmNode } from '@waiaas/localnet'
import { places, startNode } from './chains.ts'
import type { RunningDaemon } from './daemon.ts'
import {
  createWallet,
  type Operator,
  operatorOf,
  type Program,
  startDaemonProcess,
  type Wallet,
  withDataDir,
} from './daemon.ts'

export const { recipient } = places.evm

export async function withNode<T>(fn: (node: EvmNode) => Promise<T>): Promise<T> {
  const node = await startNode()
  try {
    return await fn(node)
  } finally {
    await node.stop()
  }
}

/** A fresh node, a fresh daemon and one funded wallet. */
export type Site = {
  readonly node: EvmNode
  readonly dataDir: string
  readonly daemon: RunningDaemon
  readonly operator: Operator
  readonly wallet: Wallet
}

export const withSite = <T>(program: Program, fn: (site: Site) => Promise<T>): Promise<T> =>
  withNode((node) =>
    withDataDir(async (dataDir) => {
      const daemon = await startDaemonProcess(program, dataDir, { evm: node.url })
      try {
        const operator = operatorOf(daemon.url, dataDir)
        const wallet = await createWallet(operator)
        await node.fund(wallet.address, 10n ** 21n)
        const result = await fn({ node, dataDir, daemon, operator, wallet })
        operator.close()
        await daemon.stop()
        return result
      } finally {
        await daemon.kill()
      }
    }),
  )

/** Waits until the daemon itself calls so many transactions confirmed; how long that took from `since` on. */
export async function untilConfirmed(operator: Operator, count: number, since: number): Promise<number> {
  const deadline = performance.now() + 120_000
  for (;;) {
    const { total } = await operator.call('GET', '/v1/admin/transactions?status=CONFIRMED&limit=1')
    if (Number(total) >= count) return performance.now() - since
    if (performance.now() > deadline) throw new Error(`expected ${count} confirmed transactions, got ${total}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
