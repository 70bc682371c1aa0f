import { existsSync } from 'node:fs'
import { copyFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  type AgentClient,
  type AgentClientName,
  agentClients,
  type ClientForm,
  clientFolders,
  formText,
  type McpServer,
  type McpServers,
} from '@waiaas/contract'
import { parse as parseToml, TomlError } from 'smol-toml'
import { parseDocument } from 'yaml'
import { readJson, withMember, withoutMember } from './json-text.ts'
import { readIfThere, writeSecretFile } from './place.ts'

export type Written = {
  readonly path: string
  readonly outcome: 'written' | 'as before' | 'not ours to change'
  /** The file as it was before. */
  readonly backup?: string
}

/** The folder in which the person works: npm runs in the folder of the clone, whatever folder they are in. */
export const workFolder = (): string => process.env.INIT_CWD || process.cwd()

/** Where the configuration of a client is on this machine; `folder` is the one in which the person works. */
export function clientFile({ file }: Pick<AgentClient, 'file'>, folder: string): string {
  const platform = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux'
  const path = typeof file === 'string' ? file : file[platform]
  const [, variable, rest = ''] = /^\$(\w+)\/(.*)$/.exec(path) ?? []
  if (variable === undefined) return fromHome(path, folder)
  const moved = process.env[variable]
  // Every variable of the table of clients is in the table of folders.
  return join(moved || fromHome(clientFolders[variable as keyof typeof clientFolders], folder), rest)
}

const fromHome = (path: string, folder: string): string =>
  path.startsWith('~/') ? join(homedir(), path.slice(2)) : join(folder, path)

/** Does somebody use a client on this machine? */
export function isHere({ file, folder }: AgentClient, at: string): boolean {
  return existsSync(folder === undefined ? dirname(clientFile({ file }, at)) : fromHome(folder, at))
}

/** Puts servers into the configuration of a client beside all others; what was there before is kept in a backup. */
export async function configureClient(client: AgentClient, servers: McpServers, folder: string): Promise<Written> {
  const path = clientFile(client, folder)
  const text = await readIfThere(path)
  if (text !== undefined && text.trim() !== '')
    return replace(path, { before: text, after: changed(text, client.form, () => servers) })
  await writeSecretFile(path, `${formText(client.form, servers)}\n`)
  return { path, outcome: 'written' }
}

/** Takes out of the configuration of a client the servers of a data directory, and nothing else. */
export async function clearClient(client: AgentClient, dataDir: string, folder: string): Promise<Written> {
  const path = clientFile(client, folder)
  const text = (await readIfThere(path)) ?? ''
  if (text.trim() === '') return { path, outcome: 'as before' }
  const after = changed(text, client.form, (held) =>
    Object.fromEntries(Object.keys(held).flatMap((name) => (isFor(held[name], dataDir) ? [[name, undefined]] : []))),
  )
  return replace(path, { before: text, after })
}

/** Programs call the field of variables by several names. */
const isFor = (entry: unknown, dataDir: string): boolean =>
  isObject(entry) && Object.values(entry).some((value) => isObject(value) && value.WAIAAS_DATA_DIR === dataDir)

async function replace(path: string, text: { before: string; after: string | undefined }): Promise<Written> {
  if (text.after === undefined) return { path, outcome: 'not ours to change' }
  if (text.after === text.before) return { path, outcome: 'as before' }
  const backup = `${path}.${new Date().toISOString().replaceAll(/[-:.]/g, '')}.backup`
  await copyFile(path, backup)
  // A file that is a link elsewhere stays one.
  await writeSecretFile(await realpath(path), text.after)
  return { path, outcome: 'written', backup }
}

type Fields = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** How servers are by the name that they get; undefined takes one out. */
type Wanted = (held: Fields) => Readonly<Record<string, McpServer | undefined>>

/**
 * The text with servers as they are wanted. It is read back, and undefined where it does not mean what was there with them:
 * then something would be lost, or it cannot be read.
 */
function changed(text: string, { language, field, entry }: ClientForm, wanted: Wanted): string | undefined {
  const { read, put, remove } = languages[language]
  const before = read(text)
  const held = isObject(before) ? (before[field] ?? {}) : undefined
  if (!isObject(before) || !isObject(held)) return undefined
  const meant: Record<string, unknown> = { ...held }
  let after = text
  for (const [name, server] of Object.entries(wanted(held))) {
    const ours = server && entry(server, name)
    if (isDeepStrictEqual(held[name], ours)) continue
    if (ours) meant[name] = ours
    else delete meant[name]
    after = ours ? put(after, field, [name, ours]) : remove(after, field, name)
  }
  const said = read(after)
  if (!isObject(said)) return undefined
  const { [field]: now, ...others } = said
  const { [field]: _held, ...othersBefore } = before
  return isDeepStrictEqual([others, now ?? {}], [othersBefore, meant]) ? after : undefined
}

const toFields = (value: unknown): Fields => (isObject(value) ? value : {})

type Language = {
  /** What a text says; undefined where that cannot be told. */
  readonly read: (text: string) => unknown
  readonly put: (text: string, field: string, entry: readonly [name: string, ours: Fields]) => string
  readonly remove: (text: string, field: string, name: string) => string
}

const toml: Language = {
  read(text) {
    try {
      // Its objects are of another make than those that they are compared with.
      return structuredClone(parseToml(text)) as unknown
    } catch (error) {
      if (error instanceof TomlError) return undefined
      throw error
    }
  },
  put(text, field, [name, ours]) {
    const form: ClientForm = { language: 'toml', field, entry: () => ours }
    // The form gives what is ours whatever server it is told.
    const table = formText(form, { [name]: ours as unknown as McpServer })
    const others = toml.remove(text, field, name).trimEnd()
    return `${others}${others === '' ? '' : '\n\n'}${table}\n`
  },
  /** Lines that stand before the next table belong to that one. */
  remove(text, field, name) {
    const own = `[${field}.${name}`
    let isOwn = false
    let waiting: string[] = []
    const kept: string[] = []
    for (const line of text.split('\n')) {
      const header = line.trim().startsWith('[')
      if (header) {
        if (isOwn) kept.push(...waiting)
        isOwn = line.startsWith(`${own}]`) || line.startsWith(`${own}.`)
      }
      waiting = /^\s*(#.*)?$/.test(line) ? [...waiting, line] : []
      if (!isOwn) kept.push(line)
    }
    return isOwn ? [...kept, ...waiting].join('\n') : kept.join('\n')
  },
}

const yaml: Language = {
  read(text) {
    const document = parseDocument(text)
    return document.errors.length > 0 ? undefined : (document.toJS() as unknown)
  },
  put(text, field, [name, ours]) {
    const document = parseDocument(text)
    const { [field]: held } = toFields(document.toJS())
    if (held === undefined || held === null) document.set(field, document.createNode({ [name]: ours }))
    else document.setIn([field, name], document.createNode(ours))
    return document.toString({ lineWidth: 0 })
  },
  remove(text, field, name) {
    const document = parseDocument(text)
    document.deleteIn([field, name])
    return document.toString({ lineWidth: 0 })
  },
}

const languages: Readonly<Record<ClientForm['language'], Language>> = {
  json: { read: readJson, put: withMember, remove: withoutMember },
  toml,
  yaml,
}

/** What has become of the configuration of a client, for whoever asked; the servers to put there by hand where it was left alone. */
export function writtenText(name: AgentClientName, { path, outcome, backup }: Written, servers: McpServers): string {
  const { label, form, next }: AgentClient = agentClients[name]
  if (outcome === 'not ours to change')
    return `${label}: ${path} was left alone, because nobody can change it safely. Put this there:\n${formText(form, servers)}`
  const names = Object.keys(servers).join(', ')
  if (outcome === 'as before') return `${label}: ${names} in ${path} as before; ${next}`
  return `${label}: ${names} in ${path}${backup === undefined ? '' : `, and as it was before in ${backup}`}; ${next}`
}
