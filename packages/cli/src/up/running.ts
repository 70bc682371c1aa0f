import type { Daemon } from '@waiaas/daemon'
import { makeAdminPage } from '../admin-page.ts'
import { isFree } from '../demo/daemon-child.ts'
import { localEnvironment } from '../local-environment.ts'
import { openDaemon } from '../open-daemon.ts'
import { knownPlaceOf } from '../place.ts'
import { print } from '../terminal.ts'
import type { NetworkWord } from './choices.ts'

/** A daemon that was started here, with what else was; `stop` ends all of it. */
export type Started = { readonly daemon: Daemon; stop(): Promise<void> }

/** Where the daemon of a data directory answers; undefined where none does. */
export async function runningAt(dataDir: string): Promise<string | undefined> {
  const { baseUrl } = await knownPlaceOf({ dataDir })
  if (baseUrl === undefined) return undefined
  try {
    const { ok } = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(5_000) })
    return ok ? baseUrl : undefined
  } catch {
    // It says where an earlier one was: whoever starts another finds out what is in its way.
    return undefined
  }
}

/** Starts the daemon, and local chains where the agent pays on them; `goOn` is asked in between. */
export async function startAll(dataDir: string, network: NetworkWord, goOn: () => void): Promise<Started> {
  await makeAdminPage()
  goOn()
  if (network !== 'local') {
    // The password of real money is chosen by a person.
    const daemon = await openDaemon({ dataDir, env: await envWith({}), autoProvision: network === 'test' })
    return { daemon, stop: () => daemon.stop() }
  }
  print('starting a local EVM node, a local Solana VM and the daemon')
  const { startLocalnet } = await import('@waiaas/localnet')
  const localnet = await startLocalnet({ evm: { blockTime: 1 } })
  try {
    goOn()
    const env = await envWith(localEnvironment(localnet))
    const daemon = await openDaemon({ dataDir, env, autoProvision: true })
    const stop = async () => {
      await daemon.stop()
      await localnet.stop()
    }
    return { daemon, stop }
  } catch (error) {
    await localnet.stop()
    throw error
  }
}

/** What a person has set counts; what is told at its start is said in other words here. */
const envWith = async (more: Record<string, string>): Promise<NodeJS.ProcessEnv> => ({
  WAIAAS_DAEMON_PORT: (await isFree(3100)) ? '3100' : '0',
  WAIAAS_DAEMON_LOG_LEVEL: 'warn',
  ...process.env,
  ...more,
})
