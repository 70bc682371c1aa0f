import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AllOperations, Input } from '@waiaas/contract'
import { deployEvmFixtures, type EvmNode, mintToken, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parsePolicyFile } from '../../packages/cli/src/policy-file.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { until } from '../support/until.ts'
import { evmWallet, GENEROUS, solanaWallet, type TestWallet } from '../support/wallets.ts'
import { blocksOf, pages, readPage } from './markdown.ts'
import { endAll, type Machine, machine, runScripts } from './shell.ts'

// What is typed at a reader's own machine, and programs that a reader copies, run here, with local networks in the place of
// those that they name.

/** What no test types, and why. */
const notHere: readonly (readonly [line: RegExp, why: string])[] = [
  [/^(git (pull|checkout .*)|npm ci|npm start|npm ci && npm start)$/, 'gets or starts what is here already'],
  [/^npm run up -- --network test /, 'asks public networks; up.test.ts runs it on nodes of its own'],
  [
    /^(docker|kubectl) /,
    'needs a cluster or a registry; the container suite runs what podman can, and reads the files',
  ],
  [
    /^(sudo |\(umask 077; head |npm ci && npm run bundle$)/,
    'changes the machine; the container suite checks unit and bundle',
  ],
  [/^WALLET_HOST=\S+ caddy run /, 'gets a certificate for a name; the container suite runs the file without'],
  [/^(date -u|waiaas clock acknowledge)$/, 'is refused while no clock is held; clock.test.ts holds one'],
  [/^python3 -m pip install /, 'the Python suite installs the same folder'],
]
const isOurs = (line: string): boolean => /^((npx --no )?waiaas |curl )/.test(line) && !isNotHere(line)
const isNotHere = (line: string): boolean => notHere.some(([pattern]) => pattern.test(line))

const TO = '0x00000000000000000000000000000000000A11cE'
const OPEN = { WAIAAS_POLICY_DEFAULT_DENY_TOKENS: 'false', WAIAAS_POLICY_DEFAULT_DENY_CONTRACTS: 'false' }
const prices = { 'native:local-evm': '2000', 'native:local-solana': '150' }

let evm: EvmNode
let usdc: string
let solana: SolanaNode
let daemon: TestDaemon
let shop: TestWallet
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waiaas-elsewhere-'))
  ;[evm, solana] = await Promise.all([startEvm({ slotsInAnEpoch: 1 }), startSolana({ slotMs: 50 })])
  usdc = (await deployEvmFixtures(evm)).permitToken
  const nodes = { WAIAAS_RPC_EVM_LOCAL_EVM: evm.url, WAIAAS_RPC_LOCAL_SOLANA: solana.url }
  const env = { ...nodes, ...OPEN, WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices) }
  daemon = await startTestDaemon({ env, process: true })
  const token = { network: 'local-evm', address: usdc, symbol: 'USDC', name: 'USD Coin', decimals: 6 }
  await daemon.operator.addToken(token)
  await daemon.operator.setPrice({ asset: 'USDC@local-evm', usd: '1' })
  shop = await evmWallet(daemon, evm, { limit: GENEROUS })
  await daemon.operator.renameWallet({ id: shop.id, name: 'shop' })
  await mintToken(evm, usdc, { to: shop.address, amount: 100_000_000n })
})
afterAll(async () => {
  await daemon?.stop()
  await evm?.stop()
  await solana?.stop()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(endAll)

/** A machine of the operator's, with what differs each time put in. */
async function here(token = shop.token): Promise<Machine> {
  const on = await machine()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, MASTER_PASSWORD, { mode: 0o600 })
  const { token: stop } = await daemon.operator.createStopToken({ name: `of a test ${Math.random()}` })
  const env = {
    ...{ WAIAAS_DATA_DIR: daemon.dataDir, WAIAAS_MASTER_PASSWORD_FILE: passwordFile, WAIAAS_BASE_URL: daemon.url },
    ...{ WAIAAS_SESSION_TOKEN: token, WAIAAS_STOP_TOKEN: stop },
  }
  return { ...on, env: { ...on.env, ...env } }
}
const put = (text: string): string =>
  text
    .replaceAll('http://127.0.0.1:3100', daemon.url)
    .replaceAll(/base-(mainnet|sepolia)/g, 'local-evm')
    .replaceAll('baseSepolia', 'foundry')
    .replaceAll('solana-devnet', 'local-solana')
    .replaceAll('01940000-0000-7000-8000-000000000000', shop.sessionId)
    .replaceAll('policies.yaml', join(folder, 'policies.yaml'))
    .replaceAll('transport: http()', `transport: http('${evm.url}')`)
const linesOf = (page: string, section: string): string[] =>
  blocksOf(readPage(page))
    .filter((block) => block.info === 'sh elsewhere' && block.section === section)
    .flatMap(({ text }) => text.split('\n'))
    .filter(isOurs)
const place = (page: string, section: string): string => `${page}, ${section}`
const ran = new Set<string>()
/** Types the commands of a section of a page, in order; what each wrote. */
async function typed(page: string, section: string): Promise<string[]> {
  ran.add(place(page, section))
  return runScripts(linesOf(page, section).map(put), await here())
}

describe('commands of a reader at a machine elsewhere', () => {
  test('look at policies in a file, and apply them; all examples of the page can be', async () => {
    const [first, ...others] = blocksOf(readPage('docs/policies-by-example.md')).filter(({ info }) => info === 'yaml')
    writeFileSync(join(folder, 'policies.yaml'), first!.text)
    await typed('docs/policies-by-example.md', '')
    const own = async () =>
      (await daemon.operator.listPolicies({ walletId: shop.id })).data.filter(({ walletId }) => walletId === shop.id)
    expect((await own()).map(({ rules }) => rules)).toContainEqual(expect.objectContaining({ daily_limit_usd: 50 }))
    for (const { text } of others) {
      const { policies } = parsePolicyFile('policies.yaml', text)
      // The daemon looks at what it is.
      await daemon.operator.applyPolicies({ policies: policies as Input<AllOperations['applyPolicies']>['policies'] })
    }
    for (const { id } of await own()) await daemon.operator.deletePolicy({ id })
    const { data } = await daemon.operator.listPolicies({})
    for (const { id, isDefault } of data) if (!isDefault) await daemon.operator.deletePolicy({ id })
  })

  test('let USDC leave, pay it and look at what is left', async () => {
    await typed('docs/usdc.md', 'Let it leave')
    expect((await typed('docs/usdc.md', 'Pay')).join()).toContain('CONFIRMED')
    const [paid, balance] = await typed('docs/first-payment.md', 'Pay')
    expect(paid).toContain('CONFIRMED')
    expect(balance).toMatch(/\b96 USDC/)
  })
})

describe('programs that a reader copies', () => {
  const programsOf = (page: string) => blocksOf(readPage(page)).filter(({ info }) => info === 'ts')
  const programOf = (text: string, more = ''): string =>
    `node --input-type=module-typescript --no-warnings - <<'END_OF_PROGRAM' ${more}\n${put(text)}\nEND_OF_PROGRAM`
  const run = async (text: string, on: Machine): Promise<string> => (await runScripts([programOf(text)], on)).join()

  test('pay, and have viem and kit pay', { timeout: 120_000 }, async () => {
    const [pays, viem, kit, ...more] = programsOf('packages/sdk/README.md')
    expect(more).toEqual([])
    const { address, token } = await evmWallet(daemon, evm, { limit: GENEROUS })
    await mintToken(evm, usdc, { to: address, amount: 100_000_000n })
    const on = await here(token)
    expect(await run(pays!.text, on)).toMatch(/^\w+ 0x[0-9a-f]{64}$/m)
    const before = BigInt(String(await evm.rpc('eth_getBalance', [TO, 'latest'])))
    await run(viem!.text, on)
    const received = async () => BigInt(String(await evm.rpc('eth_getBalance', [TO, 'latest']))) - before
    await until('it to be paid', async () => (await received()) === 10n ** 16n)
    const other = await solanaWallet(daemon, solana, { limit: GENEROUS })
    await run(kit!.text, await here(other.token))
  })

  test('ask for a session, and get it when the operator says so', async () => {
    const [pairs, ...more] = programsOf('docs/pairing.md')
    expect(more).toEqual([])
    const on = await here()
    const said = join(folder, 'said')
    const asked = runScripts([programOf(pairs!.text, `>'${said}'`)], on)
    const code = await until(
      'it to ask',
      () => /agent pair (\S+)/.exec(existsSync(said) ? readFileSync(said, 'utf8') : '')?.[1],
    )
    await runScripts([`waiaas agent pair ${code} --wallet shop --yes`], on)
    await asked
  })
})

test('a stop token stops, and so do its neighbours on the page', async () => {
  await typed('docs/deployment.md', 'Stopping it')
  expect((await daemon.operator.getKillSwitch()).state).toBe('SUSPENDED')
  expect((await daemon.operator.getWallet({ id: shop.id })).status).toBe('SUSPENDED')
})

test('what is kept before a new version brings the old data back', { timeout: 120_000 }, async () => {
  const on = await here()
  const [keep, stop, look] = linesOf('docs/upgrading.md', 'In a clone')
  const [stopAgain, back] = linesOf('docs/upgrading.md', 'Back again')
  await runScripts([keep!, stop!], on)
  await daemon.restart()
  const url = { WAIAAS_BASE_URL: daemon.url }
  await runScripts([look!, stopAgain!, back!], { ...on, env: { ...on.env, ...url } })
  await daemon.restart()
  expect((await daemon.operator.getWallet({ id: shop.id })).status).toBe('SUSPENDED')
  for (const section of ['In a clone', 'Back again']) ran.add(place('docs/upgrading.md', section))
})

test('each line that a reader types elsewhere is run here, or says why not', () => {
  const blocks = pages().flatMap((page) =>
    blocksOf(page)
      .filter(({ info }) => info === 'sh elsewhere')
      .map(({ section, text }) => ({ where: place(page.path, section), lines: text.split('\n') })),
  )
  const unknown = blocks.flatMap(({ lines }) => lines).filter((line) => !isOurs(line) && !isNotHere(line))
  expect(unknown).toEqual([])
  const ours = blocks.filter(({ lines }) => lines.some(isOurs)).map(({ where }) => where)
  expect([...ran].sort()).toEqual([...new Set(ours)].sort())
})
