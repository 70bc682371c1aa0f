/**
 * `npm run recording`: takes docs/images/demo.svg anew. Runs the real demo at a pseudo-terminal, as somebody who presses
 * Enter, and draws what it wrote, with its pauses made shorter.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What was written so many milliseconds after the start. */
export type Heard = { readonly atMs: number; readonly text: string }
type Line = { readonly atMs: number; readonly text: string }

const COLUMNS = 112
const ROWS = 28
const LETTER_PX = 8.43
const ROW_PX = 19
const EDGE_PX = 16
/** A pause is shown no longer than that, and the end for as long as it takes to read. */
const LONGEST_MS = 1_600
const SHORTEST_MS = 90
const END_MS = 6_000

/** The lines of a terminal, each with when it began; long ones go on in the next. */
export function linesOf(heard: readonly Heard[]): Line[] {
  const lines: { atMs: number; text: string }[] = []
  let open: { atMs: number; text: string } | undefined
  for (const { atMs, text } of heard)
    for (const piece of text.split(/(?<=\n)/)) {
      open ??= { atMs, text: '' }
      open.text += piece
      if (!piece.endsWith('\n')) continue
      lines.push(open)
      open = undefined
    }
  const plain = (text: string): string => stripVTControlCharacters(text).replaceAll(/[\r\n]/g, '')
  return [...lines, ...(open ? [open] : [])].flatMap(({ atMs, text }) =>
    wrapped(plain(text)).map((row) => ({ atMs, text: row })),
  )
}

const wrapped = (text: string): string[] =>
  text.length <= COLUMNS ? [text] : [text.slice(0, COLUMNS), ...wrapped(text.slice(COLUMNS))]

/** When each line is shown: in the order and the rhythm of the run, but for long pauses. */
function shownAt(lines: readonly Line[]): number[] {
  let at = 0
  return lines.map(({ atMs }, index) => {
    const pause = atMs - (lines[index - 1]?.atMs ?? atMs)
    at += Math.max(SHORTEST_MS, Math.min(pause, LONGEST_MS))
    return at
  })
}

const colours: readonly (readonly [RegExp, string])[] = [
  [/^\$ /, 'told'],
  [/press Enter/, 'asked'],
  [/ (refused|stopped) /, 'no'],
  [/ (waiting|waits) |^waits for/, 'asked'],
  [/ landed /, 'yes'],
]

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** One picture without script, font or address of anybody: the screen fills, scrolls, and begins again. */
export function svgOf(lines: readonly Line[], title: string): string {
  const times = shownAt(lines)
  const totalMs = (times.at(-1) ?? 0) + END_MS
  const [width, height] = [Math.ceil(COLUMNS * LETTER_PX + 2 * EDGE_PX), ROWS * ROW_PX + 2 * EDGE_PX]
  const steps = (yOf: (shown: number) => number): string =>
    ['0%', ...times.map((at) => `${((100 * at) / totalMs).toFixed(2)}%`), '100%']
      .map((at, shown) => `${at}{transform:translateY(${yOf(Math.min(shown, lines.length))}px)}`)
      .join('')
  const scrolled = (shown: number): number => -Math.max(0, shown - ROWS) * ROW_PX
  const covered = (shown: number): number => shown * ROW_PX
  const rows = lines.map(({ text }, index) => {
    const kind = colours.find(([pattern]) => pattern.test(text))?.[1]
    return `<text y="${index * ROW_PX + 14}"${kind ? ` class="${kind}"` : ''}>${escaped(text)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;white-space:pre;fill:#d6dbe0}
.told{fill:#fff;font-weight:bold}.yes{fill:#7ee2a0}.no{fill:#ff9d94}.asked{fill:#ffd479}
#screen{animation:scroll ${totalMs}ms step-end infinite}
#cover{animation:cover ${totalMs}ms step-end infinite}
@keyframes scroll{${steps(scrolled)}}
@keyframes cover{${steps(covered)}}
@media (prefers-reduced-motion:reduce){#screen{animation:none;transform:translateY(${scrolled(lines.length)}px)}#cover{display:none}}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#14181d"/>
<svg aria-hidden="true" x="${EDGE_PX}" y="${EDGE_PX}" width="${width - 2 * EDGE_PX}" height="${ROWS * ROW_PX}">
<g id="screen">
${rows.join('\n')}
<rect id="cover" width="${width}" height="${lines.length * ROW_PX}" fill="#14181d"/>
</g>
</svg>
</svg>
`
}

/** What a person types, and when they do. */
const typed: readonly (readonly [RegExp, string])[] = [
  [/press Enter to approve the first/, '\r'],
  [/press Enter to approve the next/, '\r'],
  [/nothing waits any more/, '\u0003'],
]

/** Runs a command at a pseudo-terminal, types what is to be typed, and gives all that was written until the last of it. */
async function record(command: string): Promise<Heard[]> {
  const child = spawn('script', ['-qec', `stty cols ${COLUMNS} rows ${ROWS}; exec ${command}`, '/dev/null'], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const heard: Heard[] = []
  const left = [...typed]
  const startedAt = performance.now()
  let unread = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (left.length > 0) heard.push({ atMs: performance.now() - startedAt, text })
    unread += text
    for (let next = left[0]; next?.[0].test(unread); next = left[0]) {
      unread = ''
      left.shift()
      child.stdin.write(next[1])
    }
  })
  const [code] = await ended
  if (code !== 0 || left.length > 0) throw new Error(`the demo ended with ${code}, before ${left.map(String)}`)
  return heard
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..')
  const heard = await record(`${process.execPath} ${join(root, 'packages/cli/bin/waiaas.cjs')} demo`)
  // Folders of this machine are nobody's business.
  const text = (line: string): string => line.replaceAll(/\/tmp\/waiaas-demo-\w+/g, '/tmp/waiaas-demo')
  const lines = linesOf(heard).map((line) => ({ ...line, text: text(line.text) }))
  const first = { atMs: 0, text: '$ npm run demo' }
  const title = 'A run of the demo, recorded at a terminal; pauses are shortened.'
  await writeFile(join(root, 'docs/images/demo.svg'), svgOf([first, ...lines], title))
}
