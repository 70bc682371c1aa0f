import { didYouMean, findCommand } from '@waiaas/contract'
import manifest from '../package.json' with { type: 'json' }
import { derivedCommands, derivedUsage, runDerived } from './derived.ts'
import { UsageError } from './errors.ts'
import { within80 } from './help-lines.ts'
import { type Listed, listOf, overview, type Program } from './overview.ts'
import { type Own, ownCommands } from './own-commands.ts'
import { report } from './report.ts'
import { print } from './terminal.ts'

/** Runs one command line and gives the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    return await route(argv)
  } catch (error) {
    return report(
      error,
      argv.some((word) => word === '--json' || word === '--json=true'),
    )
  }
}

async function route(argv: readonly string[]): Promise<number> {
  // Behind -- are words that somebody else typed.
  const said = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const wantsHelp = said.includes('--help') || said.includes('-h')
  const mine = ownCommands.find(({ name }) => startsWith(argv, name))
  if (mine) return runOwn(mine, argv, wantsHelp)
  const derived = findCommand(derivedCommands(), argv)
  if (derived) {
    if (wantsHelp) print(withExample(derivedUsage(derived), derived))
    else await runDerived(derived, argv.slice(words(derived.name)))
    return 0
  }
  const asked = argv.filter((word) => !word.startsWith('-'))
  if (asked[0] === undefined || asked[0] === 'help') return general(argv, asked.slice(1))
  return group(asked)
}

/** What is asked of the program itself. */
async function general(argv: readonly string[], topic: readonly string[]): Promise<number> {
  if (topic.length > 0) return route([...topic, '--help'])
  if (argv[0] === '--version' || argv[0] === '-V') {
    print(manifest.version)
    return 0
  }
  const unknown = argv.find((word) => word.startsWith('-') && !['--help', '-h'].includes(word))
  if (unknown !== undefined)
    throw new UsageError(`unknown flag ${unknown.slice(0, 60)}${didYouMean(unknown, ['--help', '--version'])}`, hint)
  print(overview(allCommands()))
  return 0
}

/** A noun alone lists what can be done with it; any other word is unknown. */
function group(asked: readonly string[]): number {
  const all = allCommands()
  const under = (given: readonly string[]) => all.filter(({ name }) => name.startsWith(`${given.join(' ')} `))
  const exact = under(asked)
  if (exact.length > 0) {
    print(listOf(asked.join(' '), exact))
    return 0
  }
  const near = under(asked.slice(0, 1))
  throw new UsageError(
    `unknown command "${asked.slice(0, 2).join(' ')}"${nearestOf(asked, all)}`,
    near.length > 0 ? listOf(asked[0]!, near) : hint,
  )
}

const program: Program = { commands: allCommands, helpOf }
const hint = 'waiaas --help lists the commands'

/** What was probably meant by two words, or by the first. */
function nearestOf(asked: readonly string[], all: readonly Listed[]): string {
  const names = all.map(({ name }) => name)
  const [first = '', second = ''] = asked
  const nouns = [...new Set(names.map((name) => name.split(' ')[0]!))]
  return didYouMean(`${first} ${second}`.trim(), names) || (nouns.includes(first) ? '' : didYouMean(first, nouns))
}

async function runOwn(command: Own, argv: readonly string[], wantsHelp: boolean): Promise<number> {
  const loaded = await command.load()
  if (!wantsHelp) return (await loaded.run(argv.slice(words(command.name)), program)) ?? 0
  print(withExample(loaded.usage, command))
  return 0
}

/** What the help of a command says; nothing of one that is none. */
async function helpOf(name: string): Promise<string> {
  const mine = ownCommands.find((own) => own.name === name)
  if (mine) return (await mine.load()).usage
  const derived = derivedCommands().find((one) => one.name === name)
  return derived ? derivedUsage(derived) : ''
}

const withExample = (text: string, { example }: { example: string }): string =>
  within80(`${text}\nexample: waiaas ${example}`)

const words = (name: string): number => name.split(' ').length
const startsWith = (argv: readonly string[], name: string): boolean => argv.slice(0, words(name)).join(' ') === name

/** Every command once: what is written by hand is in place of what is derived. */
export function allCommands(): Listed[] {
  const byName = new Map<string, Listed>(derivedCommands().map((command) => [command.name, command]))
  for (const command of ownCommands) byName.set(command.name, command)
  return [...byName.values()]
}
