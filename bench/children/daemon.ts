/** The daemon as `waiaas start` runs it, without the command line around it. The data directory is the one argument. */
import { startDaemon } from '@waiaas/daemon'

const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('expected a data directory')
const daemon = await startDaemon({ dataDir, env: process.env, autoProvision: true })
process.once('SIGTERM', () => void daemon.stop())
await daemon.finished
