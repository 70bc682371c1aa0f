import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { httpCall } from './client.ts'
import { commandUsage } from './command-help.ts'
import { commands, findCommand, parseArguments } from './commands.ts'
import { isFailure } from './failure.ts'
import { openapi } from './openapi.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { tools } from './tools.ts'

const id = '01900000-0000-7000-8000-000000000000'

describe('calls', () => {
  test('put path names into the path, encoded, and the rest into query or body', () => {
    expect(httpCall(operations.listTokens, { network: 'eip155:1', limit: 2 })).toMatchObject({
      path: '/v1/tokens?network=eip155%3A1&limit=2',
      body: undefined,
    })
    expect(httpCall(operations.suspendWallet, { id: 'a/../b', reason: 'r' })).toMatchObject({
      path: '/v1/wallets/a%2F..%2Fb/suspend',
      body: '{"reason":"r"}',
    })
    expect(httpCall(operations.removeToken, { network: 'n', address: 'a' })).toMatchObject({
      method: 'DELETE',
      path: '/v1/tokens',
      body: '{"network":"n","address":"a"}',
    })
    expect(() => httpCall(operations.getWallet, { id: '..' })).toThrow('id: expected a text')
    expect(() => httpCall(operations.getWallet, {})).toThrow('id: expected a text')
  })

  test('carry an Idempotency-Key where money moves, and only there', () => {
    expect(httpCall(operations.sendToken, {}).headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/)
    expect(httpCall(operations.sendToken, {}, { idempotencyKey: 'k' }).headers['idempotency-key']).toBe('k')
    expect(httpCall(operations.simulate, {}).headers['idempotency-key']).toBeUndefined()
  })
})

describe('tools', () => {
  const all = tools(operations)

  test('describe every field of the operation and refuse others', () => {
    const send = all.find(({ name }) => name === 'send_token')!
    expect(send.inputSchema).toMatchObject({
      type: 'object',
      additionalProperties: false,
    })
    expect(Object.keys(send.inputSchema.properties ?? {})).toContain('humanAmount')
    expect(send.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true })
  })

  test('understand the older argument names', () => {
    const get = all.find(({ name }) => name === 'get_transaction')!
    expect(get.toInput({ transaction_id: id, wallet_id: id, display_currency: 'EUR' })).toEqual({
      id,
      displayCurrency: 'EUR',
    })
    const balance = all.find(({ name }) => name === 'get_balance')!
    expect(balance.toInput({ wallet_id: id, network: 'all' })).toEqual({ walletId: id, network: 'all' })
  })

  test('include those that existing agents use', () => {
    const names = [
      'connect_info',
      'send_token',
      'simulate_transaction',
      'get_balance',
      'get_assets',
      'get_address',
      'list_transactions',
      'get_transaction',
      'get_tokens',
      'get_policies',
      'list_sessions',
      'get_wallet_info',
    ]
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
  })
})

describe('commands', () => {
  const all = commands(operations)
  const parse = (line: string) => {
    const argv = line.split(' ')
    const command = findCommand(all, argv)!
    return parseArguments(command, argv.slice(command.name.split(' ').length)).input
  }

  test('read flags by the type of their field', () => {
    expect(parse('wallet create --name ops --chain=ethereum --no-create-session')).toEqual({
      name: 'ops',
      chain: 'ethereum',
      createSession: false,
    })
    expect(
      parse(`session create --wallet-ids ${id} --wallet-ids x,y --ttl 600 --constraints {"networks":["local-evm"]}`),
    ).toEqual({
      walletIds: [id, 'x', 'y'],
      ttl: 600,
      constraints: { networks: ['local-evm'] },
    })
    expect(parse('tx list --wallet-id w --limit 5')).toEqual({ wallet_id: 'w', limit: 5 })
    expect(parse('policy template apply stablecoins --wallet w')).toEqual({ template: 'stablecoins', walletId: 'w' })
    expect(parse('tx list --since 2h --until 5')).toEqual({ since: '2h', until: 5 })
    expect(parse('wallet limits w')).toEqual({ walletId: 'w' })
    expect(parse('tx send --to 0x1 --amount 1 --dry-run')).toEqual({ to: '0x1', amount: '1', dryRun: true })
  })

  test('take the fields of the path by place', () => {
    expect(parse(`session unlink ${id} w`)).toEqual({ id, walletId: 'w' })
    expect(parse(`wallet rename ${id} --name new`)).toEqual({ id, name: 'new' })
  })

  test('say what is wrong, with the usage', () => {
    for (const [line, message] of [
      ['wallet create', 'missing --name'],
      ['wallet create --name', '--name needs a value'],
      ['wallet create --name a --colour red', 'unknown flag --colour'],
      ['wallet list extra', 'unexpected "extra"'],
      ['wallet list --limit many', '--limit: expected a number'],
      ['policy create --type X --rules {', '--rules: expected JSON'],
    ] as const) {
      expect(() => parse(line), line).toThrow(message)
      expect(() => parse(line), line).toThrow('usage: waiaas ')
    }
  })

  test('leave the flags of the program to it', () => {
    const json = { field: 'json', name: '--json', kind: 'boolean', required: false, summary: '' } as const
    const { input, globals } = parseArguments(findCommand(all, ['wallet', 'list'])!, ['--json', '--limit', '3'], [json])
    expect({ input, globals }).toEqual({ input: { limit: 3 }, globals: { json: true } })
  })

  test('explain themselves', () => {
    const usage = commandUsage(findCommand(all, ['wallet', 'create'])!)
    expect(usage).toContain('usage: waiaas wallet create [flags]')
    expect(usage).toMatch(/--chain <text> +\(solana, ethereum, ripple\) \["solana"\]/)
  })
})

describe('the OpenAPI description', () => {
  type Described = {
    security: unknown[]
    parameters: { name: string; in: string }[]
    requestBody?: unknown
    responses: Record<string, { description: string }>
  }
  const description = openapi(operations, { version: '1' }) as {
    openapi: string
    paths: Record<string, Record<string, Described>>
  }
  const send = description.paths['/v1/transactions/send']!.post!

  test('holds every operation with its security', () => {
    const count = Object.values(description.paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0)
    expect(count).toBe(Object.keys(operations).length)
    expect(description.openapi).toBe('3.1.0')
    expect(description.paths['/health']!.get!.security).toEqual([])
    expect(description.paths['/v1/wallets']!.get!.security).toEqual([
      { sessionAuth: [] },
      { masterAuth: [] },
      { masterProof: [] },
    ])
    expect(send.security).toEqual([{ sessionAuth: [] }])
  })

  test('names both statuses of a send, its errors by status, and the Idempotency-Key', () => {
    expect(Object.keys(send.responses)).toEqual(
      expect.arrayContaining(['200', '201', '400', '403', '409', '429', '503']),
    )
    expect(send.responses['403']!.description).toContain('POLICY_DENIED')
    expect(send.parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key', in: 'header' }))
  })

  test('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
  })
})

test('what tools show is there to be shown', () => {
  const named = Object.entries<Operation>(operations).flatMap(([name, op]) =>
    op.toolShows ? [[name, op] as const] : [],
  )
  expect(named.length).toBeGreaterThan(0)
  for (const [name, op] of named) {
    const { properties = {} } = z.toJSONSchema(op.output, { io: 'input', unrepresentable: 'any' })
    const items = (properties.items as { items?: typeof properties } | undefined)?.items
    expect(Object.keys((items?.properties as object | undefined) ?? properties), name).toEqual(
      expect.arrayContaining([...op.toolShows!]),
    )
  }
})

describe('inputs', () => {
  const sent = { type: 'TRANSFER', to: '0x1', amount: '0.1', dryRun: true }
  const reads = (op: (typeof operations)['sendToken'], input: unknown) => op.input.safeParse(input)

  test('take the documented calls as written', () => {
    expect(operations.createWallet.input.parse({ name: 'a', chain: 'solana', environment: 'mainnet' })).toMatchObject({
      createSession: true,
      defaultPolicy: true,
    })
    expect(operations.createSession.input.parse({ walletId: id })).toMatchObject({ ttl: 86_400 })
    expect(reads(operations.sendToken, sent).success).toBe(true)
    expect(reads(operations.sendToken, { to: 'x', amount: '1', memo: 'legacy body' }).data).toMatchObject({
      type: 'TRANSFER',
      dryRun: false,
    })
  })

  test('want exactly one amount, a token for token transfers, and digits', () => {
    const wrong = [
      { to: 'x' },
      { to: 'x', amount: '1', humanAmount: '1' },
      { to: 'x', amount: '1', token: { address: 'y' } },
      { type: 'TOKEN_TRANSFER', to: 'x', amount: '1' },
      { type: 'TOKEN_TRANSFER', to: 'x', amount: '1', token: {} },
      ...['', '-1', '+1', '1e3', '1.', '.1', '1,000', ' 1', '0x10', '1'.repeat(81)].map((amount) => ({
        to: 'x',
        amount,
      })),
    ]
    for (const input of wrong) expect(reads(operations.sendToken, input).success, JSON.stringify(input)).toBe(false)
  })

  test('refuse a transaction type of another release by name, before complaining of its fields', () => {
    const refuse = () => operations.sendToken.refuse?.({ type: 'X402_PAYMENT' })
    expect(refuse).toThrow(/^expected one of TRANSFER, TOKEN_TRANSFER\b.*, got X402_PAYMENT/)
    try {
      refuse()
    } catch (error) {
      expect(isFailure(error, 'UNSUPPORTED_TX_TYPE')).toBe(true)
    }
    expect(() => operations.sendToken.refuse?.({ type: 'NONSENSE' })).not.toThrow()
  })

  test('take one form of an imported secret', () => {
    const { input } = operations.importWallet
    const base = { name: 'a', chain: 'ethereum', environment: 'testnet' }
    expect(input.safeParse({ ...base, format: 'private-key', secret: '0x1' }).success).toBe(true)
    expect(input.safeParse({ ...base, sealed: 'AAAA' }).success).toBe(true)
    for (const more of [
      {},
      { secret: 'x' },
      { format: 'mnemonic' },
      { sealed: 'AAAA', format: 'mnemonic', secret: 'x' },
      { sealed: 'AAAA', password: 'x' },
    ])
      expect(input.safeParse({ ...base, ...more }).success, JSON.stringify(more)).toBe(false)
  })

  test('take session lifetimes of 0 or 300 seconds to a year, and only known constraints', () => {
    const { input } = operations.createSession
    const ok = (more: object) => input.safeParse({ walletId: id, ...more }).success
    expect([0, 300, 31_536_000].map((ttl) => ok({ ttl }))).toEqual([true, true, true])
    expect([-1, 1, 299, 31_536_001, 300.5].map((ttl) => ok({ ttl }))).toEqual([false, false, false, false, false])
    expect(ok({ constraints: { maxTotalUsd: '12.345678' } })).toBe(true)
    for (const constraints of [{ maxTotalUsd: '1.2345678' }, { maxTotalUsd: -1 }, { colour: 'red' }, { networks: [] }])
      expect(ok({ constraints }), JSON.stringify(constraints)).toBe(false)
    expect(input.safeParse({}).success).toBe(false)
  })
})
