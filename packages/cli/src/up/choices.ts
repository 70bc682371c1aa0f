import { join } from 'node:path'
import { policyTemplates } from '@waiaas/contract'
import { UsageError } from '../errors.ts'
import { mcpClients } from '../mcp-clients.ts'
import { readIfThere, writeSecretFile } from '../place.ts'
import { askText, canAsk, note } from '../terminal.ts'

/** The networks that an agent pays on, by the word that says so. */
const networkWords = {
  local: 'play money on two chains that run on this machine',
  test: 'worthless money on public test networks',
  main: 'real money',
} as const
export type NetworkWord = keyof typeof networkWords

/** What every new wallet has. */
export const MODEST = 'modest'
/** What an agent may do, by the word that says so. Templates that need names are applied by their own command. */
const allowWords: Readonly<Record<string, string>> = {
  [MODEST]: 'Pays small amounts of anything that is listed, under the limit of every new wallet.',
  ...Object.fromEntries(
    Object.entries(policyTemplates).flatMap(([name, { needs, summary }]) =>
      needs.length === 0 ? [[name, summary]] : [],
    ),
  ),
}

const NO_CLIENT = 'none'
/** Which program the agent runs in. */
const clientWords: Readonly<Record<string, string>> = {
  [NO_CLIENT]: 'show the configuration, write nothing',
  ...Object.fromEntries(Object.entries(mcpClients).map(([name, { label }]) => [name, label])),
}

type Question = {
  readonly flag: string
  readonly asks: string
  readonly words: Readonly<Record<string, string>>
  readonly usual: string
}

const questions = {
  network: { flag: '--network', asks: 'Where does your agent pay?', words: networkWords, usual: 'local' },
  allow: { flag: '--allow', asks: 'What may it do by itself?', words: allowWords, usual: 'stablecoins' },
  client: { flag: '--client', asks: 'Which program does it run in?', words: clientWords, usual: NO_CLIENT },
} as const satisfies Readonly<Record<string, Question>>
type Name = keyof typeof questions
export type Choices = { readonly [Of in Name]: string }
export type Given = { readonly [Of in Name]?: string | undefined }

/** The words that each flag takes, for the help. */
export const wordsOf = (name: Name): string => Object.keys(questions[name].words).join(', ')

/** What flags say, else what was said the last time, else what a person answers. UsageError where there is nobody to ask. */
export async function choicesOf(dataDir: string, given: Given, usage: string): Promise<Choices> {
  const before = await remembered(dataDir)
  const found: Record<string, string> = {}
  for (const name of Object.keys(questions) as Name[]) {
    const question: Question = questions[name]
    const said = given[name] ?? before[name]
    if (said !== undefined && !Object.hasOwn(question.words, said))
      throw new UsageError(`expected ${question.flag} as one of ${wordsOf(name)}, got "${said.slice(0, 40)}"`, usage)
    found[name] = said ?? (await ask(question, usage))
  }
  // The loop has gone through every name.
  return found as Choices
}

async function ask({ flag, asks, words, usual }: Question, usage: string): Promise<string> {
  if (!canAsk()) throw new UsageError(`expected ${flag}: there is no terminal to ask at`, usage)
  const width = Math.max(...Object.keys(words).map(({ length }) => length))
  const lines = Object.entries(words).map(([word, means]) => `  ${word.padEnd(width)}  ${means}`)
  process.stderr.write(`\n${asks}\n${lines.join('\n')}\n`)
  for (;;) {
    const answer = (await askText(`Type a word, or press Enter for ${usual}: `)).trim().toLowerCase() || usual
    if (Object.hasOwn(words, answer)) return answer
    note(`expected one of ${Object.keys(words).join(', ')}`)
  }
}

const fileOf = (dataDir: string): string => join(dataDir, 'up.json')

/** What was chosen before; a file that somebody has changed says what it still says. */
async function remembered(dataDir: string): Promise<Given> {
  const text = await readIfThere(fileOf(dataDir))
  if (text === undefined) return {}
  try {
    const { network, allow, client } = JSON.parse(text) as Record<string, unknown>
    const word = (value: unknown) => (typeof value === 'string' ? value : undefined)
    return { network: word(network), allow: word(allow), client: word(client) }
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** Keeps what was chosen, so that the same command goes on without a question. */
export const remember = (dataDir: string, choices: Choices): Promise<void> =>
  writeSecretFile(fileOf(dataDir), `${JSON.stringify(choices)}\n`)
