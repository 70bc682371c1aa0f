import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { connectPublic } from '../api.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { pathOf } from '../place.ts'
import { copiesIn, servedSkills, skillText } from '../skills.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas skill install <dir> [flags]
Copies the guides of the daemon to where the program of an agent looks for skills, such as .claude/skills or
.agents/skills: each in a folder of its own, waiaas-<name>/SKILL.md.
  --force                 also over copies that differ; without it nothing is written where one does
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const options = { ...daemonFlags, force: { type: 'boolean', default: false } } as const
  const { values, positionals } = readArguments(argv, usage, { options, places: 1 })
  if (positionals[0] === undefined) throw new UsageError('expected the folder of the skills', usage)
  const folder = pathOf('<dir>', positionals[0])
  const api = await connectPublic(values)
  const served = await servedSkills(api)
  const copies = await copiesIn(folder, served)
  const changed = copies.filter(({ state }) => state === 'differs')
  if (changed.length > 0 && !values.force)
    throw new CommandError(
      `these differ from those of the daemon: ${changed.map(({ path }) => path).join(', ')}`,
      'give --force to replace them',
    )
  const wanted = copies.filter(({ state }) => state === 'missing' || state === 'differs')
  const texts = await Promise.all(
    wanted.map(({ name }) => skillText(api, served.items.find((one) => one.name === name)!)),
  )
  for (const [index, { path }] of wanted.entries()) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, texts[index]!)
  }
  const { version } = served
  if (values.json) printJson({ version, folder, written: wanted.map(({ name }) => name) })
  else
    print(
      `${wanted.length} skills of WAIaaS ${version} written to ${folder}, ${served.items.length - wanted.length} were there`,
    )
  return 0
}
