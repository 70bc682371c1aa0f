import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDaemon } from '@waiaas/daemon'
import { type Localnet, startLocalnet } from '@waiaas/localnet'
import { readFlags, wholeNumber } from '../flags.ts'
import { localEnvironment } from '../local-environment.ts'
import { dataDirOf, recoveryFile } from '../place.ts'
import { stopSignal } from '../stop-signal.ts'
import { print } from '../terminal.ts'

export const usage = `usage: waiaas dev [--data-dir <dir>] [--port <port>]
Runs a local EVM node, a local Solana VM and a daemon on them until SIGINT or SIGTERM.
The daemon provisions itself. Without --data-dir everything is gone at the end.
  --data-dir <dir>   data directory [a temporary one]
  --port <port>      port of the daemon; 0 is any free port [WAIAAS_DAEMON_PORT or 3100]`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { 'data-dir': { type: 'string' }, port: { type: 'string' } })
  const port = wholeNumber('port', values.port, usage)
  const given = values['data-dir']
  // Heard from the first moment on: a stop during the start must not leave a node behind.
  const asked = stopSignal()
  const dataDir = given === undefined ? await mkdtemp(join(tmpdir(), 'waiaas-dev-')) : dataDirOf(given)
  try {
    const localnet = await startLocalnet({ evm: { blockTime: 1 } })
    try {
      await serve({ localnet, dataDir, port, asked })
    } finally {
      await localnet.stop()
    }
  } finally {
    if (given === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  return 0
}

type Parts = { localnet: Localnet; dataDir: string; port: number | undefined; asked: Promise<unknown> }

async function serve({ localnet, dataDir, port, asked }: Parts): Promise<void> {
  const env = {
    ...process.env,
    ...localEnvironment(localnet),
    ...(port !== undefined && { WAIAAS_DAEMON_PORT: `${port}` }),
  }
  const daemon = await startDaemon({ dataDir, env, autoProvision: true })
  print(`daemon        ${daemon.url}  (reference: ${daemon.url}/reference)
local-evm     ${localnet.evm.url}
local-solana  ${localnet.solana.url}
password      ${recoveryFile(dataDir)}
next: waiaas up --network local --data-dir ${dataDir}`)
  void asked.then(() => daemon.stop())
  await daemon.finished
}
