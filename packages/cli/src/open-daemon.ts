import { type Daemon, StartError, startDaemon } from '@waiaas/daemon'
import { CommandError } from './errors.ts'
import { askNewPassword, askSecret, canAsk, note } from './terminal.ts'

type Wish = { readonly dataDir: string; readonly env: NodeJS.ProcessEnv; readonly autoProvision: boolean }

/** Starts the daemon of a data directory in this process; asks for the master password where nothing else has it. */
export async function openDaemon({ dataDir, env, autoProvision }: Wish): Promise<Daemon> {
  try {
    return await startDaemon({ dataDir, env, autoProvision })
  } catch (error) {
    if (!(error instanceof StartError) || !/MASTER_PASSWORD_REQUIRED$/.test(error.code)) throw error
    const masterPassword = await askPassword(error.code === 'NEW_MASTER_PASSWORD_REQUIRED')
    return startDaemon({ dataDir, env, masterPassword })
  }
}

async function askPassword(isFirst: boolean): Promise<string> {
  if (!canAsk()) {
    throw new CommandError(
      'the master password is needed, and there is no terminal to ask at',
      'set WAIAAS_MASTER_PASSWORD_FILE, or WAIAAS_AUTO_PROVISION=true to have one made on a first start',
    )
  }
  if (!isFirst) return askSecret('Master password: ')
  note('first start: choose the master password, which nobody can recover for you')
  return askNewPassword('New master password: ')
}
