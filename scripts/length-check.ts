/**
 * Keeps files and functions short: product files at most 400 lines, functions anywhere at most 80; and functions of the
 * product at three parameters. Prints what it measured.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ParseOptions, parseSync } from '@swc/core'

const maxFileLines = 400
const maxFunctionLines = 80
const maxParameters = 3

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
  return isFunction(value) ? [value, ...inner] : inner
}

const linesOf = (span: Node['span'], bytes: Buffer) =>
  span ? countLines(bytes.subarray(span.start - 1, span.end - 1)) : 0

const countLines = (bytes: Buffer) => bytes.toString('utf8').split('\n').length

function parse(path: string, text: string): unknown {
  const options: ParseOptions = { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2024' }
  return parseSync(text, options)
}

/** A function, and how long it is. */
type Measured = { place: string; lines: number; parameters: number }

const isProduct = (path: string) => /^packages\/[^/]+\/src\//.test(path) && !isTest(path)

/** What says only what `this` is comes from no caller. */
const isParameter = (node: Node) => (isNode(node.pat) ? node.pat : node).value !== 'this'

function measure(path: string, text: string): Measured[] {
  if (/\/migrations\/|\.gen\./.test(path)) return []
  const bytes = Buffer.from(text)
  return functionsIn(parse(path, text)).flatMap((found) => {
    const { span, params } = found
    if (!span || (isTest(path) && isGroup(found))) return []
    return {
      place: `${path}:${countLines(bytes.subarray(0, span.start - 1))}`,
      lines: isLiteralOnly(found) ? 0 : linesOf(span, bytes),
      // `isFunction` has looked.
      parameters: (params as Node[]).filter(isParameter).length,
    }
  })
}

const linesIn = (text: string) => text.replace(/\n$/, '').split('\n').length

/** One sentence for each file or function of `text` that is too long; `path` tells what kind of file it is. */
export function findTooLong(path: string, text: string): string[] {
  const fileLines = linesIn(text)
  const isLong = !isTest(path) && !isTable(path) && fileLines > maxFileLines
  return [
    ...(isLong ? [`${path} is ${fileLines} lines long, at most ${maxFileLines}`] : []),
    ...measure(path, text)
      .filter(({ lines }) => lines > maxFunctionLines)
      .map(({ place, lines }) => `${place} holds a function of ${lines} lines, at most ${maxFunctionLines}`),
  ]
}

/** One sentence for each function of the product with more parameters than anybody keeps apart. */
export const findManyParameters = (path: string, text: string): string[] =>
  (isProduct(path) ? measure(path, text) : [])
    .filter(({ parameters }) => parameters > maxParameters)
    .map(
      ({ place, parameters }) =>
        `${place} has ${parameters} parameters, at most ${maxParameters}: join the others in one object`,
    )

function printFigures(files: readonly (readonly [string, string])[]): void {
  const product = files.filter(([path]) => isProduct(path) && !isTable(path))
  const [longest] = product.map(([path, text]) => ({ path, lines: linesIn(text) })).sort((a, b) => b.lines - a.lines)
  const functions = product.flatMap(([path, text]) => measure(path, text)).sort((a, b) => a.lines - b.lines)
  const at = (share: number) => functions[Math.ceil(functions.length * share) - 1]
  const many = functions.filter(({ parameters }) => parameters > maxParameters)
  console.log(`product files: ${product.length}, the longest ${longest?.path} with ${longest?.lines} lines`)
  console.log(
    `functions: ${functions.length}, p99 ${at(0.99)?.lines} lines, the longest ${at(1)?.place} with ${at(1)?.lines}`,
  )
  console.log(`functions with more than ${maxParameters} parameters: ${many.length}`)
}

function main() {
  const root = join(import.meta.dirname, '..')
  const paths = globSync(sources, { cwd: root, exclude: (name) => name === 'node_modules' })
  const files = paths.map((path) => [path, readFileSync(join(root, path), 'utf8')] as const)
  const problems = files.flatMap(([path, text]) => [...findTooLong(path, text), ...findManyParameters(path, text)])
  for (const problem of problems) console.error(problem)
  if (paths.length === 0) throw new Error('expected source files to measure, found none')
  printFigures(files)
  console.log(`${paths.length} files measured, ${problems.length} problems`)
  process.exitCode = problems.length > 0 ? 1 : 0
}

if (process.argv[1] === import.meta.filename) main()
