import { setTimeout as pause } from 'node:timers/promises'
import { connectOperator } from '../api.ts'
import { CommandError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, wholeNumber } from '../flags.ts'
import { healthAt } from '../health.ts'
import { knownPlaceOf } from '../place.ts'
import { print } from '../terminal.ts'

export const usage = `usage: waiaas stop [flags]
Stops the daemon in good order and waits until it has gone. A daemon that does not run is fine too.
  --timeout <seconds>     longest wait [40]
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { ...daemonFlags, timeout: { type: 'string' } })
  const seconds = wholeNumber('timeout', values.timeout, usage) ?? 40
  const { dataDir, baseUrl } = await knownPlaceOf({ dataDir: values['data-dir'], baseUrl: values['base-url'] })
  if (baseUrl === undefined || (await healthAt(baseUrl)) === undefined) {
    print(`not running: no daemon ${baseUrl === undefined ? `has ${dataDir}` : `answers at ${baseUrl}`}`)
    return 0
  }
  const { api } = await connectOperator(values)
  await api.shutdown()
  await waitUntilGone(baseUrl, seconds)
  print('stopped')
  return 0
}

async function waitUntilGone(baseUrl: string, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1_000
  while ((await healthAt(baseUrl)) !== undefined) {
    if (performance.now() > deadline) {
      throw new CommandError(`the daemon still answers after ${seconds} s`, 'wait for running work, or send it SIGTERM')
    }
    await pause(50)
  }
}
