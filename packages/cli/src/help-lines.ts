/** As wide as a terminal is that nobody has made wider. */
const WIDTH = 80
/** What is said of a flag has so much room at least. */
const LEAST = 30

/** Help in lines that a terminal holds: what is longer goes on below where it began. An example stays as it is typed. */
export const within80 = (help: string): string =>
  help
    .split('\n')
    .flatMap((line) => (line.startsWith('example: ') ? [line] : wrapped(line)))
    .join('\n')

function wrapped(line: string): string[] {
  if (line.length <= WIDTH) return [line]
  // A flag and what is said of it, or words.
  const [start = ''] = /^ +\S.*? {2,}(?=\S)/.exec(line) ?? /^ */.exec(line) ?? []
  const head = start.length > WIDTH - LEAST ? '' : start
  const below = ' '.repeat(head.trim() === '' && line.startsWith('usage: ') ? 'usage: '.length : head.length)
  const lines: string[] = [head]
  for (const word of line.slice(head.length).split(' ')) {
    const last = lines.at(-1)!
    const joined = last.trim() === '' || last === head ? `${last}${word}` : `${last} ${word}`
    if (joined.length <= WIDTH || last === head || last === below) lines[lines.length - 1] = joined
    else lines.push(`${below}${word}`)
  }
  return lines
}
