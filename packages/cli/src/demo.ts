import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Localnet, startLocalnet } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import { type DaemonChild, startDaemonChild } from './demo/daemon-child.ts'
import { runScript, type Tally } from './demo/script.ts'
import { localEnvironment } from './local-environment.ts'
import { recoveryFile, tokenFile } from './place.ts'
import { stopSignal } from './stop-signal.ts'
import { note, print } from './terminal.ts'

/** Runs the demo on chains, daemon and data directory of its own. The exit code: 0 if every step did what it should. */
export async function runDemo({ staysUp }: { staysUp: boolean }): Promise<number> {
  // Heard from the first moment on: a stop must leave neither processes nor files behind.
  const asked = stopSignal()
  const dataDir = await mkdtemp(join(tmpdir(), 'waiaas-demo-'))
  try {
    print('starting a local EVM node and a local Solana VM')
    const localnet = await startLocalnet({ evm: { blockTime: 0.25 }, solana: { slotMs: 100 } })
    try {
      const outcome = await withDaemon({ localnet, dataDir, staysUp, asked })
      if (outcome === 'stopped') return stopped()
      // The last line, also where stopping writes some.
      if (!staysUp) print(lastLine(outcome))
      return 0
    } finally {
      await localnet.stop()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

type Parts = { localnet: Localnet; dataDir: string; staysUp: boolean; asked: Promise<'stopped'> }

async function withDaemon({ localnet, dataDir, staysUp, asked }: Parts): Promise<Tally | 'stopped'> {
  print('starting the daemon, which provisions itself')
  const daemon = await startDaemonChild(dataDir, localEnvironment(localnet))
  try {
    const masterPassword = (await readFile(recoveryFile(dataDir), 'utf8')).trim()
    const operator = new WAIaaSClient({ baseUrl: daemon.url, masterPassword })
    const outcome = await Promise.race([runScript({ localnet, operator, url: daemon.url, dataDir, say: print }), asked])
    if (outcome === 'stopped' || !staysUp) return outcome
    print(lastLine(outcome))
    print(waysIn(localnet, daemon, dataDir))
    await Promise.race([asked, daemon.ended])
    return outcome
  } catch (error) {
    for (const line of daemon.lastLines()) process.stderr.write(`  daemon: ${line}\n`)
    throw error
  } finally {
    await daemon.stop()
  }
}

const lastLine = ({ landed, refused, stopped }: Tally): string =>
  `demo: ${landed} landed, ${refused} refused, ${stopped} stopped`

const waysIn = ({ evm, solana }: Localnet, { url }: DaemonChild, dataDir: string): string => `
everything stays up until Ctrl-C
  daemon           ${url}
  API reference    ${url}/reference
  OpenAPI          ${url}/doc
  operator's key   ${recoveryFile(dataDir)}
  session token    ${tokenFile(dataDir)}
  local-evm        ${evm.url}
  local-solana     ${solana.url}
try: node packages/cli/bin/waiaas.cjs tx list --data-dir ${dataDir}`

function stopped(): number {
  note('the demo was stopped before its end')
  return 1
}
