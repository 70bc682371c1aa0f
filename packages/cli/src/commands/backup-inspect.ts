import { inspectBackup } from '@waiaas/daemon'
import { UsageError } from '../errors.ts'
import { readArguments } from '../flags.ts'
import { pathOf } from '../place.ts'
import { plainText } from '../table.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas backup inspect <file> [--json]
Shows what the plain part of a backup says. That needs no password and proves nothing: restore does.
  --json             print JSON`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: { json: { type: 'boolean' } }, places: 1 })
  const [file] = positionals
  if (file === undefined) throw new UsageError('expected a file', usage)
  const info = await inspectBackup(pathOf('the backup', file))
  if (values.json) printJson(info)
  else print(plainText(info))
  return 0
}
