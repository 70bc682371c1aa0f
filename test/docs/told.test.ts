import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AGENT_CLIENTS, agentClients, CHECKS, clientFiles, NETWORKS, parseRules, policyTypes } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { parsePolicyFile } from '../../packages/cli/src/policy-file.ts'
import { faucets } from '../../packages/cli/src/up/money.ts'
import { checksOf } from '../../packages/daemon/src/checklist/rules.ts'
import { builtinTokens } from '../../packages/daemon/src/tokens/builtin.ts'
import { blocksOf, readPage, root } from './markdown.ts'

// What pages say by hand and code says too is the same.

/** The cells of the tables of a page, without the marks of code, and without the heads of the tables. */
const rowsOf = (page: string): string[][] =>
  readPage(page)
    .text.split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .map((cells) => cells.map((cell) => cell.replaceAll('`', '').trim()))
    .slice(1)

/** All that the daemon and its clients can say: their sources, without tests. */
const sources = readdirSync(join(root, 'packages')).flatMap((name) =>
  ['src', 'bin']
    .map((folder) => join(root, 'packages', name, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file))))
    .filter((file) => /\.(ts|tsx|cjs)$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8')),
)

const quoted = [...readPage('docs/troubleshooting.md').text.matchAll(/^### `(.*)`$/gm)].map(([, text]) => text!)
const isSaid = (part: string): boolean => sources.some((text) => text.includes(part))

test.each(quoted)('troubleshooting quotes what is really said: %s', (text) => {
  const parts = text.split('…').map((part) => part.trim())
  expect(parts.filter((part) => part !== '' && !isSaid(part))).toEqual([])
})

test('what nobody says is found out', () => {
  expect(quoted.length).toBeGreaterThan(20)
  expect(isSaid('the moon is in the way')).toBe(false)
})

test('before real money lists what the daemon checks, in its order', () => {
  const checks = checksOf({
    ...{ unready: undefined, killSwitch: 'ACTIVE', hasRecoveryKey: false, backupAt: undefined, sharesDisk: false },
    ...{ channels: [], wallets: [], networks: [], warnings: ['something'], now: 0 },
  })
  expect(checks.map(({ name }) => name)).toEqual([...CHECKS])
  expect(rowsOf('docs/before-real-money.md').map(([title]) => title)).toEqual(checks.map(({ title }) => title))
})

test('the table of USDC is that of the daemon', () => {
  const known = NETWORKS.flatMap((network) =>
    builtinTokens(network)
      .filter(({ symbol }) => symbol === 'USDC')
      .map(({ address }) => [network.id, address]),
  )
  expect(rowsOf('docs/usdc.md')).toEqual(known)
})

test('the faucets are those that waiaas up names', () => {
  expect(Object.fromEntries(rowsOf('docs/first-payment.md'))).toEqual(faucets)
})

test('the clients are those that waiaas up configures, with what to do then', () => {
  const known = AGENT_CLIENTS.map((word) => [
    agentClients[word].label,
    word,
    clientFiles(word),
    agentClients[word].next,
  ])
  expect(rowsOf('docs/connecting.md').slice(-known.length)).toEqual(known)
})

const examples = blocksOf(readPage('docs/policies-by-example.md')).filter(({ info }) => info === 'yaml')

test.each(examples)('the policies under "$section" are some that can be applied', ({ text }) => {
  const { policies } = parsePolicyFile('policies.yaml', text)
  expect(policies.length).toBeGreaterThan(0)
  for (const { type, rules } of policies as { type: string; rules: unknown }[]) {
    expect(Object.keys(policyTypes)).toContain(type)
    // Object.hasOwn was just shown.
    parseRules(type as keyof typeof policyTypes, rules)
  }
})

test('the lines of the README for Docker are those that the container suite runs', () => {
  const linesOf = (page: string) =>
    blocksOf(readPage(page))
      .filter(({ info }) => info === 'sh container')
      .flatMap(({ text }) => text.split('\n'))
      .filter((line) => !line.startsWith('git clone '))
  const run = linesOf('docs/deployment.md')
  const shown = linesOf('README.md')
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.filter((line) => !run.includes(line))).toEqual([])
})
