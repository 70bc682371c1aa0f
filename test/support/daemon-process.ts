import './offline.ts'
import { startDaemon } from '../../packages/daemon/src/index.ts'

/** Test support: the daemon as a process of its own, without the command line around it; SIGTERM stops it. */
const dataDir = process.env.WAIAAS_DATA_DIR
if (dataDir === undefined) throw new Error('expected WAIAAS_DATA_DIR')
const daemon = startDaemon({ dataDir, env: process.env })
// From the beginning: it serves before its start is over.
process.on('SIGTERM', () => void daemon.then(({ stop }) => stop()))
await (await daemon).finished
