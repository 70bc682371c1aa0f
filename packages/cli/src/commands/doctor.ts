import type { Check } from '@waiaas/contract'
import { connectReader } from '../api.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { lookOf, toned } from '../look.ts'
import { printable } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { asTyped } from '../typed.ts'

export const usage = `usage: waiaas doctor [flags]
Checks what should hold before real money moves, and says what to do where it does not: exit code 0 when all holds.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, daemonFlags)
  const api = await connectReader(values)
  const answer = await api.getChecklist()
  if (values.json) printJson(answer)
  else {
    for (const check of answer.checks) print(linesOf(check))
    print(`\n${answer.done} of ${answer.total} done`)
  }
  return answer.ok ? 0 : 1
}

const INDENT = '       '

function linesOf({ state, says, next, command }: Check): string {
  const isDone = state === 'done'
  const mark = toned(isDone ? 'ok' : 'to do', lookOf(process.stdout, process.env))
  const below = [next, command].flatMap((line) => (line === null ? [] : [`${INDENT}${printable(asTyped(line))}`]))
  return [`${mark}${isDone ? '   ' : ''}  ${printable(says)}`, ...below].join('\n')
}
