import type { Listed } from './overview.ts'

/** What may follow: the next word of a command, or the flags of one that is whole. `flagsOf` reads those of a command. */
export async function completions(
  given: readonly string[],
  all: readonly Listed[],
  flagsOf: (name: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const last = given.at(-1) ?? ''
  const before = given.slice(0, -1).filter((word) => !word.startsWith('-'))
  const command = all
    .map(({ name }) => name)
    .filter((name) => `${before.join(' ')} `.startsWith(`${name} `))
    .sort((a, b) => b.length - a.length)[0]
  const next = nextWords(before, all)
  const words = last.startsWith('-') || next.length === 0 ? (command ? await flagsOf(command) : ['--help']) : next
  return [...new Set(words)].filter((word) => word.startsWith(last))
}

const nextWords = (before: readonly string[], all: readonly Listed[]): string[] =>
  all
    .map(({ name }) => name.split(' '))
    .filter((words) => words.length > before.length && before.every((word, at) => word === words[at]))
    .map((words) => words[before.length]!)

const asked = (words: string) => `waiaas completion words -- ${words} 2>/dev/null`

/** What a shell reads once; it then asks the program itself, which knows its commands. */
export const completionScripts = {
  bash: `_waiaas() {
  local IFS=$'\\n'
  COMPREPLY=($(${asked(`"\${COMP_WORDS[@]:1:COMP_CWORD}"`)}))
}
complete -o default -F _waiaas waiaas`,
  zsh: `_waiaas() {
  local -a found
  found=("\${(@f)$(${asked(`"\${(@)words[2,CURRENT]}"`)})}")
  compadd -a found
}
compdef _waiaas waiaas`,
  fish: `complete -c waiaas -f -a '(${asked('(commandline -opc)[2..] (commandline -ct)')})'`,
} as const
