import type { Command, Flag } from './command-types.ts'
import { firstSentence } from './operation.ts'

/** As wide as a terminal is that nobody has made wider. */
const WIDTH = 80

/** `waiaas wallet info <id> …` with a line per flag and what it takes. */
export function commandUsage({ name, summary, flags, places }: Command): string {
  const heads = flags.map((one) => `${one.name}${taken[one.kind]}`)
  const width = widest(heads)
  const lines = flags.map((one, at) =>
    entry(heads[at]!, { text: `${one.summary}${one.required ? ' (required)' : ''}`, width }),
  )
  const words = ['waiaas', name, ...places.map((place) => `<${place}>`), ...(flags.length > 0 ? ['[flags]'] : [])]
  return [`usage: ${words.join(' ')}`, ...filled(summary, WIDTH), ...lines].join('\n')
}

const taken: Readonly<Record<Flag['kind'], string>> = {
  text: ' <text>',
  number: ' <number>',
  boolean: '',
  list: ' <a,b>',
  json: ' <json>',
  time: ' <time>',
  either: ' <text or json>',
}

/** A line per command, with the first sentence of what it does. */
export function usage(all: readonly Pick<Command, 'name' | 'summary'>[]): string {
  const width = widest(all.map(({ name }) => name))
  return all.map(({ name, summary }) => entry(name, { text: firstSentence(summary), width })).join('\n')
}

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length))

/** A word and what is said of it, in two columns that a terminal holds. */
export function entry(head: string, { text, width }: { text: string; width: number }): string {
  const indent = width + 4
  const [first = '', ...more] = filled(text, Math.max(30, WIDTH - indent))
  return [`  ${head.padEnd(width)}  ${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(indent)}${line}`)].join(
    '\n',
  )
}

/** A text in lines of so many characters; a longer word has a line of its own. */
function filled(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
