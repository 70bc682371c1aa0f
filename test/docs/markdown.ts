import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A fenced block: `info` is what stands behind the opening fence, `section` the last `##` heading above it. */
export type Block = { readonly info: string; readonly text: string; readonly line: number; readonly section: string }
/** One page, by its path from the root of the repository. */
export type Page = { readonly path: string; readonly text: string }

const markdownIn = (folder: string, recursive: boolean): string[] =>
  readdirSync(join(root, folder), { recursive })
    .map(String)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(folder, name))

export const readPage = (path: string): Page => ({ path, text: readFileSync(join(root, path), 'utf8') })

/** Every page that people read: of the root, of docs/, of skills/ and of the packages. */
export const pages = (): Page[] =>
  [
    ...markdownIn('.', false),
    ...markdownIn('docs', true),
    ...markdownIn('skills', false),
    ...readdirSync(join(root, 'packages')).flatMap((name) => markdownIn(join('packages', name), false)),
  ].map(readPage)

const fence = /^(```+)(.*)$/

export function blocksOf({ text }: Page): Block[] {
  const blocks: Block[] = []
  let section = ''
  let open: { info: string; line: number; lines: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const mark = fence.exec(line)
    if (mark && open) {
      blocks.push({ info: open.info, text: open.lines.join('\n'), line: open.line, section })
      open = undefined
    } else if (mark) open = { info: mark[2]!.trim(), line: index + 1, lines: [] }
    else if (open) open.lines.push(line)
    else if (line.startsWith('## ')) section = line.slice(3).trim()
  }
  return blocks
}

/** The page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  const kept: string[] = []
  let isOpen = false
  for (const line of text.split('\n')) {
    if (fence.test(line)) isOpen = !isOpen
    else if (!isOpen) kept.push(line)
  }
  return kept.join('\n')
}

/** The names that headings get as link targets, as GitHub makes them. */
export const anchorsOf = (page: Page): string[] =>
  [...proseOf(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
