import { randomBytes } from 'node:crypto'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { newId } from '@waiaas/contract'
import { expect, onTestFinished, test } from 'vitest'
import { MODERN } from '../test/client.ts'
import type { CallOperation } from './calling.ts'
import { sealedStates } from './sealed-state.ts'
import { createServer, type ServerOptions } from './server.ts'

const id = newId()
const until = 4_000_000_000
const waiting = { id, status: 'QUEUED', tier: 'APPROVAL', walletId: id, type: 'TRANSFER', network: 'local-evm' }
const card = (code: string) => ({
  ...{ id, planId: null, walletId: id, walletName: 'w', network: 'local-evm', status: 'QUEUED', tier: 'APPROVAL' },
  ...{ title: 'Approve?\u202e\nPays nobody', lines: ['Pays 1 ETH'], warnings: [], amounts: [], recipients: [] },
  ...{ asked: { by: 'a', at: 1, sessionId: null, labels: null }, reasons: [], digest: 'd', code, expiresAt: until },
  ...{ executeAt: null, link: null, resumes: true },
})

type Ability = { form?: Record<string, never>; url?: Record<string, never> }

/** A client that can ask its human; `world` is what the daemon says. */
async function connect(
  world: { code: string; after: string },
  { elicitation, ...options }: ServerOptions & { elicitation?: Ability } = {},
) {
  const calls: string[] = []
  const call: CallOperation = async (operation) => {
    calls.push(operation)
    if (operation === 'getCard') return card(world.code)
    if (operation === 'sendToken') return { ...waiting, amount: '1', humanAmount: '1' }
    return { id, status: world.after }
  }
  const client = new Client(
    { name: 'a test', version: '0' },
    { ...MODERN, capabilities: { elicitation: elicitation ?? { form: {} } } },
  )
  const asked: string[] = []
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(params.message)
    return { action: 'accept', content: {} }
  })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const served = serveStdio(() => createServer(call, options), { transport: theirs })
  onTestFinished(() => served.close())
  await client.connect(ours)
  const args = { to: 'x', humanAmount: '1', idempotencyKey: 'k' }
  type More = { requestState?: string; inputResponses?: Record<string, { action: 'accept' }> }
  const raw = async (more: More = {}, other: object = {}) =>
    (await client.callTool(
      { name: 'send_token', arguments: { ...args, ...other }, ...more } as Parameters<Client['callTool']>[0],
      { allowInputRequired: true },
    )) as Record<string, unknown>
  return { client, calls, asked, args, raw }
}
const accepted = { approval: { action: 'accept' as const } }

test('a client that can ask its human is asked once, and hears what was decided without anything sent again', async () => {
  const { client, calls, asked, args } = await connect({ code: 'K7QF', after: 'CONFIRMED' })
  const result = await client.callTool({ name: 'send_token', arguments: args })
  expect(result).toMatchObject({ structuredContent: { id, status: 'CONFIRMED' } })
  expect(asked).toEqual([
    'Approve? Pays nobody\nPays 1 ETH\nApprove or reject it where you approve payments of this wallet; the answer here does neither',
  ])
  expect(calls.filter((operation) => operation === 'sendToken')).toHaveLength(1)
  expect(calls.at(-1)).toBe('getTransaction')
})

test('a client that can open pages alone hears it in the normal way', async () => {
  const { raw, asked } = await connect({ code: 'K7QF', after: 'QUEUED' }, { elicitation: { url: {} } })
  expect(await raw()).toMatchObject({ structuredContent: { id, status: 'QUEUED', approvalCode: 'K7QF' } })
  expect(asked).toEqual([])
})

test('a state is good once, for its call, its session and what the human was shown, and unreadable', async () => {
  const states = sealedStates(async () => new Uint8Array(32))
  const world = { code: 'K7QF', after: 'QUEUED' }
  const one = await connect(world, { states, session: 'one' })
  const ask = async () => String((await one.raw()).requestState)
  const refuses = async (agent: typeof one, more: object, other?: object) => {
    const before = agent.calls.length
    await expect(agent.raw({ inputResponses: accepted, ...more }, other)).rejects.toThrow(/state/)
    expect(agent.calls.slice(before)).not.toContain('sendToken')
  }
  const state = await ask()
  const bytes = Buffer.from(state, 'base64url')
  expect(bytes.toString('latin1')).not.toContain(id)
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = changed[at]! ^ 1
    await refuses(one, { requestState: changed.toString('base64url') })
  }
  for (const text of ['', 'x', `${state}=`, `${state}A`, state.slice(0, -1), `${state}\n`])
    await refuses(one, { requestState: text })
  // Other arguments, another tool's call of the same transaction, another session, another secret.
  await refuses(one, { requestState: state }, { humanAmount: '2' })
  await refuses(one, { requestState: state }, { idempotencyKey: 'other' })
  await refuses(await connect(world, { states, session: 'two' }), { requestState: state })
  const elsewhere = sealedStates(async () => randomBytes(32))
  await refuses(await connect(world, { states: elsewhere, session: 'one' }), { requestState: state })
  // After all that it is still good, once, also for another server of the same session.
  const again = await connect(world, { states, session: 'one' })
  expect(await again.raw({ requestState: state, inputResponses: accepted })).toMatchObject({
    structuredContent: { id, status: 'QUEUED' },
  })
  await refuses(one, { requestState: state })
  // What waits has another digest now.
  const former = await ask()
  world.code = 'ZZZZ'
  await refuses(one, { requestState: former })
})

test('a state ends when what it is of does', async () => {
  let now = 1_000
  const states = sealedStates(
    async () => new Uint8Array(32),
    () => now,
  )
  const sealed = await states.seal({ id, code: 'K', until: 2_000 }, ['a'])
  now = 2_000
  expect(await states.open(sealed, ['a'])).toBeUndefined()
  now = 1_999
  expect(await states.open(sealed, ['a'])).toMatchObject({ id })
})

test('what was sent is told, whatever hinders the question', async () => {
  const states = { ...sealedStates(async () => new Uint8Array(32)), seal: () => Promise.reject(new Error('locked')) }
  const lines: string[] = []
  const { raw } = await connect({ code: 'K7QF', after: 'QUEUED' }, { states, log: (line) => lines.push(line) })
  expect(await raw()).toMatchObject({ structuredContent: { id, status: 'QUEUED', approvalCode: 'K7QF' } })
  expect(lines.join()).toContain('locked')
})
