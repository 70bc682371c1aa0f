// Run once while the image is built: starts the daemon, asks for its status and stops it, so that Node keeps what it
// compiled in NODE_COMPILE_CACHE. The daemon's data directory is a throw-away.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [program] = process.argv.slice(2)
const env = { ...process.env, WAIAAS_DAEMON_PORT: '0', WAIAAS_AUTO_PROVISION: 'true' }
const daemon = spawn(process.execPath, [program, 'start'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
const ended = once(daemon, 'exit')
for await (const line of createInterface(daemon.stdout)) if (line.startsWith('WAIAAS_PORT=')) break
daemon.stdout.resume()
const status = spawnSync(process.execPath, [program, 'status'], { env, stdio: 'inherit' })
daemon.kill('SIGTERM')
const [code] = await ended
rmSync(process.env.WAIAAS_DATA_DIR, { recursive: true, force: true })
if (code !== 0 || status.status !== 0)
  throw new Error(`expected the daemon and its status to end with 0, got ${code} and ${status.status}`)
