import { runDemo } from '../demo.ts'
import { readFlags } from '../flags.ts'

export const usage = `usage: waiaas demo [--exit]
Starts local chains and a daemon of its own, and lets a scripted agent send one transfer per tier on EVM and on Solana.
It stays up afterwards, until SIGINT or SIGTERM; everything is then gone. At a terminal it ends with what waits for a human.
The daemon listens on WAIAAS_DAEMON_PORT, else on 3100, else on a free port.
  --exit   end after the script: exit code 0 only if every step did what it should`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { exit: { type: 'boolean', default: false } })
  return runDemo({ staysUp: !values.exit })
}
