import { join } from 'node:path'
import { AGENT_CLIENTS, agentClients, policyTemplates, TEMPLATE_NEEDS } from '@waiaas/contract'
import { UsageError } from '../errors.ts'
import { readIfThere, writeSecretFile } from '../place.ts'
import { askText, canAsk, note } from '../terminal.ts'
import { type Named, needsOf, needWords, wrongNames } from './names.ts'

/** The networks that an agent pays on, by the word that says so. */
const networkWords = {
  local: 'play money on two chains that run on this machine',
  test: 'worthless money on public test networks',
  main: 'real money',
} as const
export type NetworkWord = keyof typeof networkWords

/** What every new wallet has. */
export const MODEST = 'modest'
/** What an agent may do, by the word that says so. */
const allowWords: Readonly<Record<string, string>> = {
  [MODEST]: 'Pays small amounts of anything that is listed, under the limit of every new wallet.',
  ...Object.fromEntries(Object.entries(policyTemplates).map(([name, { summary }]) => [name, summary])),
}

const NO_CLIENT = 'none'
/** Which program the agent runs in. */
const clientWords: Readonly<Record<string, string>> = {
  [NO_CLIENT]: 'show the configuration, write nothing',
  ...Object.fromEntries(AGENT_CLIENTS.map((name) => [name, agentClients[name].label])),
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
/** What was chosen, and what the chosen template has to be told. */
export type Choices = { readonly [Of in Name]: string } & Named
export type Given = { readonly [Of in Name]?: string | undefined } & Named

/** The words that each flag takes, for the help. */
export const wordsOf = (name: Name): string => Object.keys(questions[name].words).join(', ')

/** What flags say, else what was said the last time, else what a person answers. UsageError where there is nobody to ask. */
export async function choicesOf(dataDir: string, given: Given, usage: string): Promise<Choices> {
  const before = await remembered(dataDir)
  const found: Record<string, string> = {}
  for (const name of Object.keys(questions) as Name[]) {
    const question: Question = questions[name]
    const said = given[name] ?? before[name]
    const wrong = said === undefined ? undefined : wrongWord(question, said)
    if (wrong !== undefined) throw new UsageError(wrong.replace('expected', `expected ${question.flag} as`), usage)
    found[name] = said ?? (await askWord(question, usage))
    if (name === 'allow') Object.assign(found, await namedOf(found[name], { given, before, usage }))
  }
  // The loop has gone through every name.
  return found as Choices
}

type Sources = { given: Given; before: Given; usage: string }

/** What a template has to be told; names of another template say nothing about this one. */
async function namedOf(allow: string, { given, before, usage }: Sources): Promise<Named> {
  const needs = needsOf(allow)
  const idle = TEMPLATE_NEEDS.find((need) => given[need] !== undefined && !needs.includes(need))
  if (idle !== undefined) throw new UsageError(`expected no --${idle}: ${allow} takes none`, usage)
  const found: Record<string, string> = {}
  for (const need of needs) {
    const said = given[need] ?? (before.allow === allow ? before[need] : undefined)
    const wrong = said === undefined ? undefined : wrongNames(need, said)
    if (wrong !== undefined) throw new UsageError(`--${need}: ${wrong}`, usage)
    const { asks, form } = needWords[need]
    const texts = { flag: `--${need}`, asks, lines: `  ${form}` }
    found[need] =
      said ?? (await ask(texts, usage, { question: 'Commas in between: ', wrong: (text) => wrongNames(need, text) }))
  }
  return found
}

const wrongWord = ({ words }: Question, said: string): string | undefined =>
  Object.hasOwn(words, said)
    ? undefined
    : `expected one of ${Object.keys(words).join(', ')}, got "${said.slice(0, 40)}"`

function askWord(question: Question, usage: string): Promise<string> {
  const { flag, asks, words, usual } = question
  const width = Math.max(...Object.keys(words).map(({ length }) => length))
  const lines = Object.entries(words).map(([word, means]) => `  ${word.padEnd(width)}  ${means}`)
  return ask({ flag, asks, lines: lines.join('\n') }, usage, {
    ...{ question: `Type a word, or press Enter for ${usual}: `, usual },
    wrong: (text) => wrongWord(question, text),
  })
}

type Asked = { readonly flag: string; readonly asks: string; readonly lines: string }
type Answer = {
  readonly question: string
  readonly usual?: string
  readonly wrong: (text: string) => string | undefined
}

async function ask({ flag, asks, lines }: Asked, usage: string, { question, usual, wrong }: Answer): Promise<string> {
  if (!canAsk()) throw new UsageError(`expected ${flag}: there is no terminal to ask at`, usage)
  process.stderr.write(`\n${asks}\n${lines}\n`)
  for (;;) {
    const said = (await askText(question)).trim()
    const answer = usual === undefined ? said : said.toLowerCase() || usual
    const why = wrong(answer)
    if (why === undefined) return answer
    note(why)
  }
}

const fileOf = (dataDir: string): string => join(dataDir, 'up.json')

/** What was chosen before; a file that somebody has changed says what it still says. */
async function remembered(dataDir: string): Promise<Given> {
  const text = await readIfThere(fileOf(dataDir))
  if (text === undefined) return {}
  try {
    const said = JSON.parse(text) as Record<string, unknown>
    return Object.fromEntries(Object.entries(said).filter(([, value]) => typeof value === 'string'))
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** Keeps what was chosen, so that the same command goes on without a question. */
export const remember = (dataDir: string, choices: Choices): Promise<void> =>
  writeSecretFile(fileOf(dataDir), `${JSON.stringify(choices)}\n`)
