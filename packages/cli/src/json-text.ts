/**
 * JSON as people write it into settings, with comments and last commas, changed in one place: all other text stays as it is.
 * Whoever changes a text reads it back with `readJson`, and looks whether it means what it should.
 */

type Token = { readonly text: string; readonly start: number; readonly end: number }
type Member = { readonly key: string; readonly first: number; readonly value: number; readonly last: number }

const TOKEN = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|[{}[\],:]|[^\s{}[\],:"/]+/gy
const isSilent = (text: string): boolean => /^(?:\s|\/[/*])/.test(text)

/** All that is no space and no comment; undefined where the text is no JSON even so. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(TOKEN)) {
    end = index + found.length
    if (!isSilent(found)) tokens.push({ text: found, start: index, end })
  }
  return end === text.length ? tokens : undefined
}

const CLOSES = ['}', ']']

/** What the text says; undefined where it is no JSON even without comments and last commas. */
export function readJson(text: string): unknown {
  const tokens = tokensOf(text)
  if (!tokens) return undefined
  const isLast = (at: number) => tokens[at]?.text === ',' && CLOSES.includes(tokens[at + 1]?.text ?? '')
  try {
    return JSON.parse(tokens.map((token, at) => (isLast(at) ? '' : token.text)).join(' ')) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The text with a value in the object that a field of it holds, which is made where it is missing. The text is an object. */
export function withMember(text: string, field: string, [name, value]: readonly [string, unknown]): string {
  const tokens = tokensOf(text) ?? []
  const holder = membersOf(tokens, 0).find(({ key }) => key === field)
  if (!holder) return inserted(text, { tokens, open: 0 }, [field, { [name]: value }])
  const own = membersOf(tokens, holder.value).find(({ key }) => key === name)
  if (!own) return inserted(text, { tokens, open: holder.value }, [name, value])
  const [from, to] = [tokens[own.value]!.start, tokens[own.last]!.end]
  return text.slice(0, from) + written(value, indentAt(text, tokens[own.first]!.start)) + text.slice(to)
}

/** The text without that value. */
export function withoutMember(text: string, field: string, name: string): string {
  const tokens = tokensOf(text) ?? []
  const holder = membersOf(tokens, 0).find(({ key }) => key === field)
  const own = holder && membersOf(tokens, holder.value).find(({ key }) => key === name)
  if (!own) return text
  const [comma, next] = [tokens[own.first - 1]!, tokens[own.last + 1]!]
  const after = text.slice(next.text === ',' ? next.end : tokens[own.last]!.end)
  const all = text.slice(0, tokens[own.first]!.start)
  const before = /^[ \t]*\r?\n/.test(after) ? all.trimEnd() : all
  if (next.text === ',' || comma.text !== ',') return before + after
  return before.slice(0, comma.start) + before.slice(comma.end) + after
}

/** The members of the object that opens at a token. */
function membersOf(tokens: readonly Token[], open: number): Member[] {
  const members: Member[] = []
  if (tokens[open]?.text !== '{') return members
  for (let at = open + 1; at < tokens.length && tokens[at]!.text !== '}'; at++) {
    const last = endOf(tokens, at + 2)
    members.push({ key: textOf(tokens[at]!), first: at, value: at + 2, last })
    at = tokens[last + 1]?.text === ',' ? last + 1 : last
  }
  return members
}

/** The last token of the value that begins at a token. */
function endOf(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let at = from; at < tokens.length; at++) {
    const { text } = tokens[at]!
    if (text === '{' || text === '[') depth++
    if (CLOSES.includes(text)) depth--
    if (depth === 0) return at
  }
  return tokens.length
}

/** Keys may be written with escapes; what is no key is no member that anybody asks for. */
function textOf({ text }: Token): string {
  try {
    return String(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return ''
    throw error
  }
}

type Place = { readonly tokens: readonly Token[]; readonly open: number }

/** As the first member: what follows an object's first brace on its line is told of the object, and stays there. */
function inserted(text: string, { tokens, open }: Place, [key, value]: readonly [string, unknown]): string {
  const brace = tokens[open]!
  const [first] = membersOf(tokens, open)
  const [said = ''] = /^[ \t]*\/\/[^\n]*/.exec(text.slice(brace.end)) ?? []
  const at = brace.end + said.length
  const outer = indentAt(text, brace.start)
  const isBelow = first !== undefined && text.slice(brace.end, tokens[first.first]!.start).includes('\n')
  const indent = isBelow ? indentAt(text, tokens[first.first]!.start) : `${outer}  `
  const line = `\n${indent}${JSON.stringify(key)}: ${written(value, indent)}`
  if (first === undefined) return `${text.slice(0, at)}${line}\n${outer}${text.slice(at).trimStart()}`
  return `${text.slice(0, at)}${line},${isBelow ? '' : `\n${indent}`}${isBelow ? text.slice(at) : text.slice(at).trimStart()}`
}

const written = (value: unknown, indent: string): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`)

/** The spaces in front of the line on which a place of the text is. */
const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1))?.[0] ?? ''
