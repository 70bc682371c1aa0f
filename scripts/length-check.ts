/** Keeps files and functions short: product files at most 400 lines, functions anywhere at most 80, factories of functions at most 130. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ParseOptions, parseSync } from '@swc/core'

const maxFileLines = 400
const maxFunctionLines = 80
/** A factory and everything it closes over. */
const maxFactoryLines = 130
const maxFactoryOwnLines = 50

const sources = [
  'packages/*/{src,scripts}/**/*.{ts,tsx}',
  'packages/*/bin/*',
  'scripts/**/*.ts',
  'bench/**/*.ts',
  'test/**/*.ts',
]
const isTest = (path: string) => /\.test\.tsx?$|^test\//.test(path)

/** Tables of data: generated files, migrations and the catalogues of the contract. */
const isTable = (path: string) => /\.gen\.|\/migrations\/|^packages\/contract\/src\/(failure|networks)\.ts$/.test(path)

/** A syntax node of swc, read loosely. Spans are byte offsets that start at 1. */
type Node = { type?: string; span?: { start: number; end: number }; [key: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

const isFunction = (node: Node) => Array.isArray(node.params) && isNode(node.body)

function unwrap(value: unknown): unknown {
  const isWrapper = isNode(value) && /^(Parenthesis|TsAs|TsSatisfies|TsConst)/.test(value.type ?? '')
  return isWrapper ? unwrap(value.expression) : value
}

/** True for a function that does nothing but give one object or array literal. */
function isLiteralOnly({ body }: Node): boolean {
  if (!isNode(body)) return false
  const [first, second] = Array.isArray(body.stmts) ? body.stmts : []
  const value = unwrap(
    Array.isArray(body.stmts) ? first?.type === 'ReturnStatement' && !second && first.argument : body,
  )
  return isNode(value) && (value.type === 'ObjectExpression' || value.type === 'ArrayExpression')
}

/** True for `test(…)`, `describe.each(…)(…)` and the like. */
function isTestCall(node: unknown): boolean {
  if (!isNode(node)) return false
  if (node.type === 'CallExpression') return isTestCall(node.callee)
  if (node.type === 'MemberExpression') return isTestCall(node.object)
  return node.type === 'Identifier' && /^(describe|test|it)$/.test(String(node.value))
}

/** True for a callback that groups tests: its own statements declare some. */
const isGroup = ({ body }: Node) =>
  isNode(body) && Array.isArray(body.stmts) && body.stmts.some((statement) => isTestCall(statement.expression))

function functionsIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(functionsIn)
  if (!isNode(value)) return []
  const inner = Object.values(value).flatMap(functionsIn)
  return isFunction(value) && !isLiteralOnly(value) ? [value, ...inner] : inner
}

/** Lines of a function without those of the functions inside it; few of them make it a factory. */
function ownLines(node: Node, bytes: Buffer): number {
  const nested = (Array.isArray(node.body) ? node.body : Object.values(node.body ?? {})).flatMap(outerFunctions)
  const inner = nested.reduce((sum, { span }) => sum + linesOf(span, bytes) - 1, 0)
  return linesOf(node.span, bytes) - inner
}

const linesOf = (span: Node['span'], bytes: Buffer) =>
  span ? countLines(bytes.subarray(span.start - 1, span.end - 1)) : 0

/** The functions in a value that are in no other function of it. */
function outerFunctions(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(outerFunctions)
  if (!isNode(value)) return []
  return isFunction(value) ? [value] : Object.values(value).flatMap(outerFunctions)
}

const countLines = (bytes: Buffer) => bytes.toString('utf8').split('\n').length

function parse(path: string, text: string): unknown {
  const options: ParseOptions = { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2024' }
  return parseSync(text, options)
}

/** One sentence for each file or function of `text` that is too long; `path` tells what kind of file it is. */
export function findTooLong(path: string, text: string): string[] {
  const problems: string[] = []
  const fileLines = text.replace(/\n$/, '').split('\n').length
  if (!isTest(path) && !isTable(path) && fileLines > maxFileLines) {
    problems.push(`${path} is ${fileLines} lines long, at most ${maxFileLines}`)
  }
  const bytes = Buffer.from(text)
  for (const found of functionsIn(parse(path, text))) {
    const { span } = found
    if (!span || (isTest(path) && isGroup(found))) continue
    if (/\/migrations\/|\.gen\./.test(path)) continue
    const lines = linesOf(span, bytes)
    const line = countLines(bytes.subarray(0, span.start - 1))
    const most = ownLines(found, bytes) <= maxFactoryOwnLines ? maxFactoryLines : maxFunctionLines
    if (lines > most) problems.push(`${path}:${line} holds a function of ${lines} lines, at most ${most}`)
  }
  return problems
}

function main() {
  const root = join(import.meta.dirname, '..')
  const paths = globSync(sources, { cwd: root, exclude: (name) => name === 'node_modules' })
  const problems = paths.flatMap((path) => findTooLong(path, readFileSync(join(root, path), 'utf8')))
  for (const problem of problems) console.error(problem)
  if (paths.length === 0) throw new Error('expected source files to measure, found none')
  console.log(`${paths.length} files measured, ${problems.length} too long`)
  process.exitCode = problems.length > 0 ? 1 : 0
}

if (process.argv[1] === import.meta.filename) main()
