import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { failures, failuresOf } from './index.ts'
import { namedFields } from './names.ts'
import { bodySource, formsOf, type Operation, pathNames } from './operation.ts'
import { operations } from './operations.ts'
import { defaultSettings, envName, parseSetting, settingFromEnv, settings, settingText } from './settings.ts'

type Json = {
  type?: string
  properties?: Record<string, Json>
  additionalProperties?: unknown
  items?: Json
  anyOf?: Json[]
}
const table = Object.entries(operations) as [string, Operation][]
const inputSchema = (op: Operation) => z.toJSONSchema(op.input, { io: 'input', unrepresentable: 'any' }) as Json

function line([name, op]: [string, Operation]): string {
  const access = op.access === 'public' ? 'public' : op.access.join('|')
  const status = op.alternative ? `${op.status}/${op.alternative.status}` : op.status
  const named = formsOf(op).flatMap(({ tool, command }) => [tool && `tool:${tool}`, command && `command:${command}`])
  const more = [op.idempotent && 'idempotent', ...named]
  return [
    name,
    op.method,
    op.path,
    access,
    status,
    ...more.filter(Boolean),
    `[${[...op.errors].sort().join(' ')}]`,
  ].join(' ')
}

const duplicates = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) !== index)

/** Paths of objects within a schema that would accept fields it does not name. */
function openObjects(schema: Json, path: string): string[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => openObjects(value, `${path}.${key}`)),
    ...(schema.anyOf ?? []).flatMap((option) => openObjects(option, path)),
    ...(schema.items ? openObjects(schema.items, `${path}[]`) : []),
  ]
  return schema.properties && schema.additionalProperties !== false ? [path, ...inner] : inner
}

describe('the operations', () => {
  test('keep their names, paths, access, statuses and error codes', async () => {
    await expect(`${table.map(line).join('\n')}\n`).toMatchFileSnapshot('./operations.pins.txt')
  })

  test('keep the statuses of their error codes', async () => {
    const lines = Object.entries(failures).map(([code, { status, remedy }]) => `${code} ${status} ${remedy}`)
    await expect(`${lines.sort().join('\n')}\n`).toMatchFileSnapshot('./failures.pins.txt')
  })

  test('are reached by one method and path, one tool name and one command each', () => {
    // Hono reads {id} and {walletId} as the same place.
    expect(duplicates(table.map(([, op]) => `${op.method} ${op.path.replaceAll(/\{\w+\}/g, '{}')}`))).toEqual([])
    expect(duplicates(table.flatMap(([, op]) => formsOf(op).flatMap(({ tool }) => tool ?? [])))).toEqual([])
    expect(duplicates(table.flatMap(([, op]) => formsOf(op).flatMap(({ command }) => command ?? [])))).toEqual([])
  })

  test('give tools only to what an agent or everybody may call', () => {
    const hasTool = (op: Operation) => formsOf(op).some(({ tool }) => tool)
    const wrong = table.filter(([, op]) => hasTool(op) && op.access !== 'public' && !op.access.includes('agent'))
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  test('take every name of their path as an input', () => {
    for (const [name, op] of table)
      expect(Object.keys(op.input.shape), name).toEqual(expect.arrayContaining(pathNames(op.path)))
  })

  test('take a name wherever they take the id of a wallet', () => {
    // Owners and everybody name things by id alone: what there is, is not for them to find out.
    const known = table.filter(([, { access }]) => access !== 'public' && access.some((one) => one !== 'owner'))
    const wanted = known.flatMap(([name, op]) =>
      Object.keys(op.input.shape)
        .filter((field) => /^wallet_?ids?$/i.test(field) || (field === 'id' && op.path.includes('/wallets/{id}')))
        .map((field) => `${name} ${field}`),
    )
    const named = table.flatMap(([name, op]) => namedFields(op.input).map(({ field }) => `${name} ${field}`))
    expect(named.sort()).toEqual(wanted.sort())
    expect(named.length).toBeGreaterThan(25)
  })

  test('have flat inputs where these travel in the query', () => {
    for (const [name, op] of table.filter(([, one]) => bodySource(one) === 'query')) {
      const kinds = Object.values(inputSchema(op).properties ?? {}).map(({ type }) => type)
      expect(kinds, name).toEqual(kinds.map(() => expect.stringMatching(/^(string|integer|number|boolean)$/)))
    }
  })

  test('refuse unknown fields at every depth', () => {
    expect(table.flatMap(([name, op]) => openObjects(inputSchema(op), name))).toEqual([])
  })

  test('declare aliases, ignored and query fields that do not collide with fields', () => {
    for (const [name, op] of table) {
      const fields = Object.keys(op.input.shape)
      const aliases = Object.entries(op.aliases ?? {})
      expect(fields, name).toEqual(expect.arrayContaining([...(op.alsoQuery ?? [])]))
      for (const [, names] of aliases)
        expect(
          fields.filter((field) => names?.includes(field)),
          name,
        ).toEqual([])
      expect(
        fields.filter((field) => op.ignored?.includes(field)),
        name,
      ).toEqual([])
    }
  })

  test('are described: a summary with an end, a tag, and codes from the catalogue', () => {
    for (const [name, op] of table) {
      expect(op.summary, name).toMatch(/^[A-Z].*\.$/)
      expect(op.tag, name).not.toBe('')
      expect(
        failuresOf(op).filter((code) => !(code in failures)),
        name,
      ).toEqual([])
    }
  })
})

describe('the settings', () => {
  test('have defaults that their own text reads back', () => {
    const defaults: Record<string, unknown> = defaultSettings()
    for (const key of Object.keys(settings))
      expect(parseSetting(key, settingText(defaults[key])), key).toEqual(defaults[key])
  })

  test('have one environment variable each, with a form that names a file', () => {
    expect(duplicates(Object.keys(settings).map(envName))).toEqual([])
    expect(settingFromEnv('WAIAAS_RPC_EVM_ETHEREUM_SEPOLIA')).toEqual({ key: 'rpc.evm_ethereum_sepolia', file: false })
    expect(settingFromEnv('WAIAAS_RPC_POOL_ETHEREUM_MAINNET')).toEqual({
      key: 'rpc_pool.ethereum-mainnet',
      file: false,
    })
    expect(settingFromEnv('WAIAAS_RPC_LOCAL_SOLANA')).toEqual({ key: 'rpc.local_solana', file: false })
    expect(settingFromEnv('WAIAAS_DATABASE_URL_FILE')).toEqual({ key: 'database.url', file: true })
    expect(settingFromEnv('WAIAAS_NO_SUCH')).toBeUndefined()
  })
})
