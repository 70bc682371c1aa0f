import { FAMILIES, type Family, places, withChain } from './chains.ts'
import { runChild } from './child.ts'
import type { AccountsJob, AccountsResult } from './children/accounts.ts'
import type { WalletsJob, WalletsResult } from './children/wallets.ts'
import { createWallet, operatorOf, type Program, startDaemonProcess, withDataDir } from './daemon.ts'
import { untilConfirmed } from './site.ts'
import { median } from './statistics.ts'

/** Transfers a second of so many wallets together, and of a script with as many accounts; medians. */
export type Parallel = {
  readonly family: Family
  readonly wallets: number
  readonly daemon: number
  readonly script: number
}

const WALLETS = [1, 10, 100] as const
const ROUNDS = 3
const inFlight = 128
const scriptInFlight = 32
const attempts = 3
const plans: Readonly<Record<Family, { readonly warmUp: number; readonly count: number }>> = {
  evm: { warmUp: 500, count: 3_000 },
  solana: { warmUp: 300, count: 1_500 },
}

/** On each chain, daemon, script, daemon, script … on one node. */
export async function measureParallel(program: Program, say: (text: string) => void): Promise<Parallel[]> {
  const measured: Parallel[] = []
  for (const family of FAMILIES)
    for (const wallets of WALLETS) {
      const found = await measureOf(program, { family, wallets })
      const [daemon, script] = [median(found.daemon), median(found.script)]
      say(`  ${family}, ${wallets}: daemon ${daemon.toFixed(0)}/s, script ${script.toFixed(0)}/s`)
      measured.push({ family, wallets, daemon, script })
    }
  return measured
}

type Which = Pick<Parallel, 'family' | 'wallets'>

const measureOf = (program: Program, { family, wallets }: Which) =>
  withChain(family, (node) =>
    withDataDir(async (dataDir) => {
      const { warmUp, count } = plans[family]
      const { chain, recipient } = places[family]
      const daemon = await startDaemonProcess(program, dataDir, node.nodes)
      try {
        const operator = operatorOf(daemon.url, dataDir)
        // An account on Solana that holds less than its rent does not last.
        await node.fund(recipient)
        const tokens: string[] = []
        for (let made = 0; made < wallets; made++) {
          const { address, token } = await createWallet(operator, chain)
          await node.fund(address)
          tokens.push(token)
        }
        const rates = { daemon: [] as number[], script: [] as number[] }
        for (let round = 1; round <= ROUNDS; round++) {
          const job: WalletsJob = { url: daemon.url, tokens, family, rpcUrl: node.url, warmUp, count, inFlight }
          const { seconds } = await runChild<WalletsResult>('wallets', job)
          rates.daemon.push(count / seconds)
          await untilConfirmed(operator, round * (warmUp + count), performance.now())
          rates.script.push(
            count / (await scriptSeconds({ family, rpcUrl: node.url, accounts: wallets, warmUp, count })),
          )
        }
        operator.close()
        await daemon.stop()
        return rates
      } finally {
        await daemon.kill()
      }
    }),
  )

/** A run in which the node loses a transaction is no measure of the script, and is made again. */
async function scriptSeconds(plan: Omit<AccountsJob, 'inFlight'>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const result = await runChild<AccountsResult>('accounts', { ...plan, inFlight: scriptInFlight })
    if ('seconds' in result) return result.seconds
    if (attempt === attempts) throw new Error(result.stalled)
  }
}
