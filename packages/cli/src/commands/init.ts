import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { initDataDir } from '@waiaas/daemon'
import { readFlags } from '../flags.ts'
import { dataDirOf, recoveryFile } from '../place.ts'
import { print } from '../terminal.ts'

export const usage = `usage: waiaas init [--data-dir <dir>] [--auto-provision]
Creates the data directory. What is there already stays as it is.
  --data-dir <dir>   data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --auto-provision   make a random master password and keep it in <data-dir>/recovery.key`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    'data-dir': { type: 'string' },
    'auto-provision': { type: 'boolean', default: false },
  })
  const dataDir = dataDirOf(values['data-dir'])
  const wasThere = existsSync(join(dataDir, 'daemon.lock'))
  const { recoveryKey } = await initDataDir({ dataDir, autoProvision: values['auto-provision'] })
  print(wasThere ? `already initialised: ${dataDir}` : `created ${dataDir}`)
  if (recoveryKey !== undefined) {
    print(`the master password is in ${recoveryFile(dataDir)}; "waiaas set-master" replaces it by one of yours`)
  }
  print('next: waiaas start')
  return 0
}
