import { restoreBackup } from '../../packages/daemon/src/index.ts'

/** Test support: a restore as a process of its own, which can be killed. */
const { RESTORE_FILE: file, WAIAAS_DATA_DIR: dataDir, WAIAAS_MASTER_PASSWORD: masterPassword } = process.env
if (!file || !dataDir || !masterPassword) throw new Error('expected a backup, a directory and a password')
await restoreBackup({ file, dataDir, masterPassword, env: process.env, force: true })
