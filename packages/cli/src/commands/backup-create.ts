import { constants } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { connectOperator } from '../api.ts'
import { CommandError, errorCode } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { pathOf } from '../place.ts'
import { plainText } from '../table.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas backup create [--output <file>] [flags]
Has the daemon write an encrypted backup of its database and config.toml, while it runs.
  --output <file>         a copy of the backup, beside the one in the daemon's backup folder
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { ...daemonFlags, output: { type: 'string' } })
  const to = values.output === undefined ? undefined : resolve(pathOf('--output', values.output))
  const { api } = await connectOperator(values)
  const made = await api.createBackup({})
  const output = to === undefined ? undefined : await copyTo(made.path, to)
  const answer = output === undefined ? made : { ...made, output }
  if (values.json) printJson(answer)
  else print(plainText(answer))
  return 0
}

/** The copy is whole or not there, and never replaces a file. */
async function copyTo(from: string, to: string): Promise<string> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL)
    return to
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EEXIST') throw new CommandError(`${to} exists already; the backup is at ${from}`, 'name another file')
    await rm(to, { force: true })
    throw new CommandError(
      `the backup is at ${from} on the machine of the daemon, and could not be copied to ${to} (${code})`,
      'copy it from there',
      error,
    )
  }
}
