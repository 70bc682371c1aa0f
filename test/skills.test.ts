import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Block, blocksOf, readPage, root } from './docs/markdown.ts'
import { endAll, machine, runScripts } from './docs/shell.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

// Each guide is followed from its first block to its last by an agent of its own; `json` right after a block is what it answers,
// with … for what differs each time.

const names = readdirSync(join(root, 'skills')).map((file) => file.replace(/\.md$/, ''))
const pageOf = (name: string) => readPage(`skills/${name}.md`)
const LIMIT = { instant_max_usd: 10, notify_max_usd: 50, delay_max_usd: 100, delay_seconds: 300, daily_limit_usd: 500 }
const OPEN = {
  WAIAAS_POLICY_DEFAULT_DENY_TOKENS: 'false',
  WAIAAS_POLICY_DEFAULT_DENY_SPENDERS: 'false',
  WAIAAS_POLICY_DEFAULT_DENY_CONTRACTS: 'false',
}

let world: EvmWorld
let daemon: TestDaemon
let contract: string

beforeAll(async () => {
  world = await evmWorld()
  contract = (await deployEvmFixtures(world.node)).permitToken
  const prices = { [`native:${world.network}`]: '2000', [`eip155:31337/erc20:${contract.toLowerCase()}`]: '1' }
  daemon = await startTestDaemon({
    env: { ...world.env, ...OPEN, WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices) },
  })
  const token = { network: world.network, address: contract, symbol: 'TUSD', name: 'Test USD', decimals: 6 }
  await daemon.operator.addToken(token)
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})
afterEach(endAll)

/** What is written, with anything in place of …. */
const asExpected = (text: string): object =>
  JSON.parse(text, (_, value: unknown) => (value === '…' ? expect.anything() : value)) as object

type Step = { readonly block: Block; readonly answer: Block | undefined }
const stepsOf = (name: string): Step[] =>
  blocksOf(pageOf(name)).flatMap((block, index, all) => {
    if (block.info !== 'sh') return []
    const next = all[index + 1]
    return [{ block, answer: next?.info === 'json' ? next : undefined }]
  })

describe('the guides for agents', () => {
  test.each(names.filter((name) => stepsOf(name).length > 0))(
    'say calls that work as they stand: %s',
    { timeout: 180_000 },
    async (name) => {
      const { address, token } = await world.wallet(daemon, { limit: LIMIT })
      await mintToken(world.node, contract, { to: address, amount: 100_000_000n })
      const on = await machine()
      const given = { WAIAAS_BASE_URL: daemon.url, WAIAAS_SESSION_TOKEN: token, NETWORK: world.network }
      const env = { ...on.env, ...given, TOKEN: 'TUSD', CONTRACT: contract }
      const steps = stepsOf(name)
      const told = await runScripts(
        steps.map(({ block }) => block.text),
        { ...on, env },
      )
      for (const [index, { block, answer }] of steps.entries())
        if (answer) expect(JSON.parse(told[index]!), block.text).toMatchObject(asExpected(answer.text))
    },
  )

  test('hold nothing that is not run: each block is a call or its answer', () => {
    const others = names.flatMap((name) =>
      blocksOf(pageOf(name)).flatMap(({ info, line }, index, all) => {
        const isAnswer = info === 'json' && all[index - 1]?.info === 'sh'
        return info === 'sh' || isAnswer ? [] : [`${name}:${line}`]
      }),
    )
    expect(others).toEqual([])
  })

  test('are short enough to be read whole', () => {
    const long = names.filter((name) => pageOf(name).text.length > 12_000)
    expect(long).toEqual([])
    expect(pageOf('quickstart').text.length).toBeLessThan(5_000)
  })

  test('name each other by names that there are', () => {
    const quickstart = pageOf('quickstart').text
    for (const name of names.filter((one) => one !== 'quickstart')) expect(quickstart, name).toContain(`\`${name}\` `)
  })

  test('are listed and served, whole and with their hash, to everybody', async () => {
    const { body } = await daemon.call<{ items: { name: string; description: string; sha256: string }[] }>(
      'GET',
      '/v1/skills',
    )
    expect(body.items.map(({ name }) => name)).toEqual([
      'quickstart',
      ...names.filter((name) => name !== 'quickstart').sort(),
    ])
    for (const { name, description, sha256 } of body.items) {
      const { text } = pageOf(name)
      expect(text).toContain(`description: ${description}\n`)
      const served = await daemon.call('GET', `/v1/skills/${name}`)
      expect(served.body).toMatchObject({ name, content: text, sha256 })
      const page = await daemon.call('GET', `/skills/${name}.md`)
      expect([page.text, page.headers.get('content-type')]).toEqual([text, 'text/markdown; charset=utf-8'])
    }
  })

  test('that are not there are 404, by whatever name', async () => {
    for (const name of ['admin', '..%2Fpackage', 'constructor'])
      expect(await daemon.call('GET', `/v1/skills/${name}`), name).toMatchObject({
        status: 404,
        body: { code: 'SKILL_NOT_FOUND' },
      })
    for (const path of ['/skills/quickstart', '/skills/admin.md', '/skills/..%2fpackage.json.md'])
      expect(await daemon.call('GET', path), path).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })
})

test('/llms.txt says what this is, and leads to every guide and to what programs read', async () => {
  const { status, text, headers } = await daemon.call('GET', '/llms.txt')
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
  expect(text.split('\n')[0]).toMatch(/^# WAIaaS \d/)
  expect(text.length).toBeLessThan(4_000)
  const links = [...text.matchAll(/\]\((\S+)\)/g)].map(([, url]) => url!)
  expect(links.length).toBe(names.length + 4)
  for (const link of links) {
    expect(link.startsWith(daemon.url), link).toBe(true)
    // It takes a token.
    if (!link.endsWith('/mcp')) expect((await fetch(link)).status, link).toBe(200)
  }
})
