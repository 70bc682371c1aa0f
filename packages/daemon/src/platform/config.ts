import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  defaultSettings,
  didYouMean,
  envName,
  type Home,
  holdsSecret,
  isFailure,
  misreadSecret,
  OTHER_VARIABLES,
  parseSetting,
  readPath,
  readSetting,
  readVariable as readText,
  type Settings,
  secretText,
  settingFromEnv,
  strangeNetworks,
  settings as table,
} from '@waiaas/contract'
import { parse, TomlError } from 'smol-toml'
import { AccessError, explained } from './access.ts'

type Origin = 'default' | 'file' | 'environment'
export type Config = {
  readonly settings: Settings
  /** Where each value comes from, by key. */
  readonly origins: ReadonlyMap<string, Origin>
  /** What the operator should put right; no secrets in them. */
  readonly warnings: readonly string[]
}
export type Environment = Readonly<Record<string, string | undefined>>

/** The configuration cannot be used; the message lists everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0]! : `the configuration has errors:\n  ${problems.join('\n  ')}`)
    this.problems = problems
  }
}

type Reading = {
  readonly values: Map<string, unknown>
  readonly origins: Map<string, Origin>
  readonly warnings: string[]
  readonly problems: string[]
  readonly home: Home
}

/**
 * Reads `config.toml` of the data directory and, above it, the environment (`WAIAAS_<SECTION>_<KEY>`, or the path of a
 * file in `…_FILE`). Throws a ConfigError that names every unknown or unusable key. An empty variable counts as absent.
 */
export async function loadConfig({ dataDir, env }: { dataDir: string; env: Environment }): Promise<Config> {
  const values = new Map<string, unknown>(Object.entries(defaultSettings()))
  const origins = new Map<string, Origin>([...values.keys()].map((key) => [key, 'default']))
  const reading: Reading = { values, origins, warnings: [], problems: [], home: homeOf(env) }
  await readToml(join(dataDir, 'config.toml'), reading)
  await readEnvironment(env, reading)
  requireNetworks(reading)
  if (reading.problems.length > 0) throw new ConfigError(reading.problems)
  // Every key of the table has its default or a value that the table's schema parsed.
  return { settings: Object.fromEntries(values) as Settings, origins, warnings: reading.warnings }
}

/** Networks that values name are known, those that the operator adds among them. */
function requireNetworks({ values, problems }: Reading): void {
  // Its default, or a value that its schema parsed.
  const added = values.get('networks.evm') as Settings['networks.evm']
  for (const [key, value] of values) problems.push(...strangeNetworks(key, value, added))
}

async function readToml(path: string, reading: Reading): Promise<void> {
  const text = await readIfThere(path)
  if (text === undefined) return
  const before = reading.origins
  for (const [section, value] of Object.entries(parseToml(text))) {
    if (isTable(value)) readSection(section, value, reading)
    else reading.problems.push(`config.toml: ${section}: ${looseKey(section)}`)
  }
  const hasSecret = Object.keys(table).some(
    (key) => before.get(key) === 'file' && holdsSecret(key, reading.values.get(key)),
  )
  if (hasSecret && (await isOpenToOthers(path)))
    reading.warnings.push(`config.toml holds a secret and others may read it: chmod 600 ${path}`)
}

function parseToml(text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [what] = error.message.split('\n')
    throw new ConfigError([`config.toml, line ${error.line}, column ${error.column}: ${what}`])
  }
}

function readSection(section: string, keys: Record<string, unknown>, reading: Reading): void {
  const sections = [...new Set(Object.keys(table).map((key) => key.split('.')[0]!))]
  if (!sections.includes(section)) {
    reading.problems.push(
      `config.toml: [${section}]: no such section${didYouMean(section, sections)}; known are ${sections}`,
    )
    return
  }
  for (const [name, value] of Object.entries(keys)) {
    const key = `${section}.${name}`
    take(reading, { origin: 'file', key, where: 'config.toml: ' }, () => pathOf(key, readTyped(key, value), reading))
  }
}

function readTyped(key: string, value: unknown): unknown {
  const type = table[key]?.type
  if ((type === 'string' || type === 'url' || type === 'enum') && typeof value !== 'string')
    throw new RangeError(`${key}: expected text in quotes`)
  if (type && type !== 'json' && isTable(value))
    throw new RangeError(`${key}: expected a ${type}, got a table; sections are flat`)
  return readSetting(key, value)
}

const looseKey = (name: string): string => {
  const keys = Object.keys(table).filter((key) => key.endsWith(`.${name}`))
  const [section] = keys[0]?.split('.') ?? []
  return section ? `expected it in a section, as ${name} = … under [${section}]` : 'expected a section such as [daemon]'
}

async function readEnvironment(env: Environment, reading: Reading): Promise<void> {
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('WAIAAS_') || OTHER_VARIABLES.includes(name) || !text) continue
    const found = settingFromEnv(name)
    if (!found) {
      const names = [...Object.keys(table).map(envName), ...OTHER_VARIABLES]
      reading.problems.push(`${name}: no setting has this name${didYouMean(name, names)}`)
    } else if (found.file && env[envName(found.key)])
      reading.problems.push(`${name} and ${envName(found.key)}: expected one of them, got both`)
    else await readVariable(reading, { name, text, ...found })
  }
  if (env.WAIAAS_MASTER_PASSWORD) reading.warnings.push(plainSecret('WAIAAS_MASTER_PASSWORD'))
}

type Variable = { name: string; text: string; key: string; file: boolean }

async function readVariable(reading: Reading, { name, text, key, file }: Variable): Promise<void> {
  if (!file) {
    const isTaken = take(reading, { origin: 'environment', key, where: `${name}: ` }, () =>
      pathOf(key, parseSetting(key, readText(key, text)), reading),
    )
    if (isTaken && holdsSecret(key, reading.values.get(key))) reading.warnings.push(plainSecret(name))
    return
  }
  const secret = await readSecretFile(name, text, reading.home)
  if ('problem' in secret) {
    reading.problems.push(secret.problem)
    return
  }
  const isTaken = take(reading, { origin: 'environment', key, where: `${name}: ` }, () =>
    pathOf(key, parseSetting(key, secret.text), reading),
  )
  if (isTaken && secret.warning && holdsSecret(key, reading.values.get(key))) reading.warnings.push(secret.warning)
}

/** `misread` is the text as earlier versions took it, whatever the encoding. */
export type SecretFile =
  | { readonly text: string; readonly misread: string; readonly warning?: string }
  | { readonly problem: string; readonly misread?: string; readonly warning?: string }

/** Reads the file that the variable `name` names, without its last line end; warns when others may read it too. */
export async function readSecretFile(name: string, given: string, home: Home): Promise<SecretFile> {
  let path: string
  try {
    path = filePath(name, given, home)
  } catch (error) {
    if (error instanceof RangeError) return { problem: error.message }
    throw error
  }
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const told = explained(error, path, 'read')
    if (told instanceof AccessError) return { problem: `${name}: ${told.message}: ${told.hint}` }
    return { problem: `${name}: expected a readable file, got ${codeOf(error)} for ${path}` }
  }
  const open = await isOpenToOthers(path)
  const warning = `${name}: others may read the secret in ${path}: chmod 600 it`
  const { text, got } = secretText(bytes)
  const more = { misread: misreadSecret(bytes), ...(open && { warning }) }
  if (text !== undefined) return { text, ...more }
  return { problem: `${name}: expected UTF-8 text in ${path}, got ${got}: save it as UTF-8`, ...more }
}

/** The home directory of whoever this environment is of. */
export const homeOf =
  ({ HOME: home }: Environment): Home =>
  () =>
    home ?? homedir()

/** The path of a file that must be named. */
function filePath(name: string, given: string, home: Home): string {
  const path = readPath(name, given, home)
  if (path === undefined) throw new RangeError(`${name}: expected the path of a file, got nothing`)
  return path
}

/** The value of a setting, a path as it is meant. */
const pathOf = (key: string, value: unknown, { home }: Reading): unknown =>
  table[key]?.path ? filePath(key, String(value), home) : value

const plainSecret = (name: string): string =>
  `${name} holds a secret in the environment, which other processes may read: use ${name}_FILE`

type Place = { origin: Origin; key: string; where: string }

/** Sets one value, or notes why that was not possible. */
function take(reading: Reading, { origin, key, where }: Place, read: () => unknown): boolean {
  try {
    reading.values.set(key, read())
    reading.origins.set(key, origin)
    return true
  } catch (error) {
    if (!isFailure(error) && !(error instanceof RangeError)) throw error
    const isUnknown = table[key] === undefined
    reading.problems.push(`${where}${error.message}${isUnknown ? didYouMean(key, Object.keys(table)) : ''}`)
    return false
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw explained(error, path, 'read')
  }
}

/** Container runtimes mount their secrets for everybody in the container, which has one user. */
const isOpenToOthers = async (path: string): Promise<boolean> =>
  !path.startsWith('/run/secrets/') && ((await stat(path)).mode & 0o004) !== 0

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
