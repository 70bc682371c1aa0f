import { completionScripts, completions } from '../completing.ts'
import { UsageError } from '../errors.ts'
import type { Program } from '../overview.ts'
import { print } from '../terminal.ts'

export const usage = `usage: waiaas completion <shell>
Prints what makes a shell complete commands and flags: bash, zsh or fish. For bash add to ~/.bashrc:
  eval "$(waiaas completion bash)"`

export async function run(argv: readonly string[], { commands, helpOf }: Program): Promise<number> {
  const [shell, dashes, ...words] = argv
  if (shell === 'words' && dashes === '--') {
    for (const word of await completions(words, commands(), async (name) => flagsIn(await helpOf(name)))) print(word)
    return 0
  }
  const script = completionScripts[shell as keyof typeof completionScripts]
  if (script === undefined || argv.length > 1)
    throw new UsageError(`expected one of ${Object.keys(completionScripts).join(', ')}`, usage)
  print(script)
  return 0
}

/** The flags that a help names. */
const flagsIn = (help: string): string[] => [...help.matchAll(/^ {2}(--[a-z][a-z-]*)/gm)].map(([, flag]) => flag!)
