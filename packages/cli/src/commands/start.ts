import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Daemon, StartError, startDaemon } from '@waiaas/daemon'
import { CommandError } from '../errors.ts'
import { readFlags } from '../flags.ts'
import { dataDirOf, recoveryFile } from '../place.ts'
import { stopSignal } from '../stop-signal.ts'
import { askNewPassword, askSecret, canAsk, note } from '../terminal.ts'

export const usage = `usage: waiaas start [--data-dir <dir>] [--password-file <file>]
Runs the daemon in the foreground until SIGTERM or SIGINT.
  --data-dir <dir>        data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --password-file <file>  file with the master password; - is stdin
The master password comes from --password-file, WAIAAS_MASTER_PASSWORD_FILE, WAIAAS_MASTER_PASSWORD,
<data-dir>/recovery.key, or a prompt. With WAIAAS_AUTO_PROVISION=true a first start makes one itself.`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    'data-dir': { type: 'string' },
    'password-file': { type: 'string' },
  })
  const dataDir = dataDirOf(values['data-dir'])
  // Heard from the first moment on: a stop during the start must not be lost.
  const asked = stopSignal()
  const daemon = await open(dataDir, values['password-file'])
  void asked.then(() => daemon.stop())
  await daemon.finished
  return 0
}

async function open(dataDir: string, passwordFile: string | undefined): Promise<Daemon> {
  const autoProvision = process.env.WAIAAS_AUTO_PROVISION === 'true'
  const env = { ...process.env }
  if (passwordFile !== undefined) env.WAIAAS_MASTER_PASSWORD_FILE = passwordFile === '-' ? '/dev/stdin' : passwordFile
  const hasSource = env.WAIAAS_MASTER_PASSWORD_FILE || env.WAIAAS_MASTER_PASSWORD || existsSync(recoveryFile(dataDir))
  // Asked before anything is made, so that an interrupted first start stays a first start.
  if (!hasSource && !autoProvision) return startDaemon({ dataDir, env, masterPassword: await askPassword(dataDir) })
  try {
    return await startDaemon({ dataDir, env, autoProvision })
  } catch (error) {
    // Provisioned long ago, and recovery.key has made way for a password of the operator's.
    if (!(error instanceof StartError) || error.code !== 'MASTER_PASSWORD_REQUIRED') throw error
    return startDaemon({ dataDir, env, masterPassword: await askPassword(dataDir) })
  }
}

async function askPassword(dataDir: string): Promise<string> {
  if (!canAsk()) {
    throw new CommandError(
      'the master password is needed, and there is no terminal to ask at',
      'set WAIAAS_MASTER_PASSWORD_FILE, or WAIAAS_AUTO_PROVISION=true to have one made on a first start',
    )
  }
  const isFirst = !existsSync(join(dataDir, 'data', 'waiaas.db')) && !process.env.WAIAAS_DATABASE_URL
  if (!isFirst) return askSecret('Master password: ')
  note('first start: choose the master password, which nobody can recover for you')
  return askNewPassword('New master password: ')
}
