import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { type Health, healthAt } from '../health.ts'
import { knownPlaceOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas status [flags]
Says whether the daemon runs: exit code 0 when it does, 3 when it does not.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, daemonFlags)
  const { dataDir, baseUrl } = await knownPlaceOf({ dataDir: values['data-dir'], baseUrl: values['base-url'] })
  const health = baseUrl === undefined ? undefined : await healthAt(baseUrl)
  if (values.json) printJson({ running: health !== undefined, baseUrl: baseUrl ?? null, ...health })
  else if (baseUrl === undefined) print(`stopped: no daemon has ${dataDir}`)
  else print(health === undefined ? `stopped: no daemon answers at ${baseUrl}` : describe(baseUrl, health))
  return health === undefined ? 3 : 0
}

const describe = (baseUrl: string, { version, uptime, warnings = [], passwordWithin = [] }: Health): string =>
  [
    `running at ${baseUrl}, version ${version}, up ${uptime} s`,
    ...warnings.map((text) => `warning: ${text}`),
    ...(passwordWithin.length > 0 ? [`${REACH}: ${passwordWithin.join(', ')}`] : []),
  ].join('\n')

const REACH = 'whoever takes over the daemon can have the master password, from'
