import { connectPublic } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { pathOf } from '../place.ts'
import { copiesIn, servedSkills } from '../skills.ts'
import { table } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { asTyped } from '../typed.ts'

export const usage = `usage: waiaas skill doctor <dir> [flags]
Says which copies of guides differ from those of the daemon, are missing, or are none of it: exit code 0 when all are
the same.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 1 })
  if (positionals[0] === undefined) throw new UsageError('expected the folder of the skills', usage)
  const folder = pathOf('<dir>', positionals[0])
  const served = await servedSkills(await connectPublic(values))
  const copies = await copiesIn(folder, served)
  const isSame = copies.every(({ state }) => state === 'same')
  if (values.json) printJson({ version: served.version, same: isSame, skills: copies })
  else {
    print(table(copies.map(({ name, state, path }) => ({ skill: name, state, path }))))
    const next = asTyped(`waiaas skill install ${positionals[0]} --force`)
    print(
      isSame
        ? `all as WAIaaS ${served.version} has them`
        : `to have them as WAIaaS ${served.version} has them: ${next}`,
    )
  }
  return isSame ? 0 : 1
}
