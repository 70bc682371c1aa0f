import { giveBackHeap } from '@waiaas/daemon'
import { makeAdminPage } from '../admin-page.ts'
import { CommandError } from '../errors.ts'
import { readFlags } from '../flags.ts'
import { openDaemon } from '../open-daemon.ts'
import { dataDirOf, pathOf, variableOf } from '../place.ts'
import { stopSignal } from '../stop-signal.ts'
import { note, print } from '../terminal.ts'
import { FAREWELL, welcome } from '../welcome.ts'

export const usage = `usage: waiaas start [--data-dir <dir>] [--password-file <file>]
Runs the daemon in the foreground until SIGTERM or SIGINT.
  --data-dir <dir>        data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --password-file <file>  file with the master password; - is stdin
The master password comes from --password-file, WAIAAS_MASTER_PASSWORD_FILE, WAIAAS_MASTER_PASSWORD,
<data-dir>/recovery.key, or a prompt. With WAIAAS_AUTO_PROVISION=true a first start makes one itself.`

const SETTLED_MS = 500

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    'data-dir': { type: 'string' },
    'password-file': { type: 'string' },
  })
  const dataDir = dataDirOf(values['data-dir'])
  // Heard from the first moment on: a stop during the start must not be lost.
  const asked = stopSignal()
  await makeAdminPage()
  const daemon = await openDaemon({ dataDir, env: envOf(values['password-file']), autoProvision: isAutoProvisioned() })
  const isWatched = daemon.form === 'text'
  if (isWatched) print(await welcome(daemon, dataDir))
  // When its loops have been round once; whatever they loaded and made is garbage then too.
  setTimeout(giveBackHeap, SETTLED_MS).unref()
  void asked.then(() => {
    if (isWatched) note(FAREWELL)
    return daemon.stop()
  })
  await daemon.finished
  return 0
}

function envOf(passwordFile: string | undefined): NodeJS.ProcessEnv {
  if (passwordFile === undefined) return { ...process.env }
  const path = passwordFile === '-' ? '/dev/stdin' : pathOf('--password-file', passwordFile)
  return { ...process.env, WAIAAS_MASTER_PASSWORD_FILE: path }
}

function isAutoProvisioned(): boolean {
  const given = variableOf('WAIAAS_AUTO_PROVISION') ?? 'false'
  if (given === 'true' || given === 'false') return given === 'true'
  throw new CommandError(`WAIAAS_AUTO_PROVISION: expected true or false, got "${given}"`)
}
