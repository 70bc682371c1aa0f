import { startDaemon } from '../../packages/daemon/src/index.ts'

/** Test support: the daemon as a process of its own, without the command line around it; SIGTERM stops it. */
const dataDir = process.env.WAIAAS_DATA_DIR
if (dataDir === undefined) throw new Error('expected WAIAAS_DATA_DIR')
const daemon = await startDaemon({ dataDir, env: process.env })
process.on('SIGTERM', () => void daemon.stop())
await daemon.finished
