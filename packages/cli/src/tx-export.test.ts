import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../../../test/support/daemon.ts'
import { until } from '../../../test/support/until.ts'
import { GENEROUS, type TestWallet } from '../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../test/support/worlds.ts'
import { runProgram } from './program.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let password: string

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
  wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 100_000 } })
  password = join(daemon.dataDir, 'password')
  writeFileSync(password, MASTER_PASSWORD, { mode: 0o600 })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

async function pay(to: string, amount: string, labels?: Record<string, string>): Promise<string> {
  const { id } = await daemon.agent(wallet.token).sendToken({ to, amount, network: world.network, labels })
  await until(
    'it to be confirmed',
    async () => (await daemon.operator.getTransaction({ id: id! })).status === 'CONFIRMED',
  )
  return id!
}

const run = (file: string, ...flags: string[]) =>
  runProgram([
    ...['tx', 'export', '--output', file, '--json', ...flags],
    ...['--data-dir', daemon.dataDir, '--password-file', password],
  ])
const linesOf = (text: string) => text.split('\r\n').slice(0, -1)

test('what has left is in one file, with its dollars, and no cell of it runs in a spreadsheet', async () => {
  await daemon.operator.renameWallet({ id: wallet.id, name: '=HYPERLINK("http://x")' })
  const [first, second] = [world.newAddress(), world.newAddress()]
  const paid = await pay(first, '1500000000000000', { task: 'invoice, 7' })
  const later = await pay(second, '1000000000000000')
  // Refused: nothing left.
  const refused = await daemon.call('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { to: first, amount: String(10n ** 21n), network: world.network },
  })
  expect(refused.status).toBeGreaterThanOrEqual(400)

  const file = join(daemon.dataDir, 'movements.csv')
  expect(await run(file)).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const [header, ...lines] = linesOf(readFileSync(file, 'utf8'))
  expect(header).toBe('time,transaction,wallet,network,status,kind,to,asset,symbol,amount,base_units,usd,hash,labels')
  const { txHash, fee, createdAt } = await daemon.operator.getTransaction({ id: paid })
  const time = new RegExp(`^${new Date(createdAt! * 1000).toISOString().slice(0, 19)}\\.\\d{3}Z,`)
  const name = `"'=HYPERLINK(""http://x"")"`
  const asset = 'eip155:31337/slip44:60'
  const ofPaid = `${paid},${name},${world.network},CONFIRMED`
  const end = `${txHash},"task:invoice, 7"`
  expect(lines).toHaveLength(4)
  expect(lines[2]).toMatch(time)
  expect(lines[2]!.replace(time, '').toLowerCase()).toBe(
    `${ofPaid},payment,${first},${asset},ETH,0.0015,1500000000000000,3,${end}`.toLowerCase(),
  )
  expect(lines[3]).toContain(`${ofPaid},fee,,${asset},ETH,`)
  expect(lines[3]).toContain(`,${fee!.paid},`)
  // 2,000 dollars for a whole one, rounded up to a millionth.
  const dollars = Number((BigInt(fee!.paid!) * 2_000n * 1_000_000n + 10n ** 18n - 1n) / 10n ** 18n) / 1e6
  expect(lines[3]!.endsWith(`,${fee!.paid},${dollars},${end}`)).toBe(true)
  expect(lines[0]).toContain(`${later},`)

  // Pages of one give the same, and filters less of it.
  const joined: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await daemon.operator.exportTransactions({ limit: 1, ...(cursor && { cursor }) })
    joined.push(...linesOf(page.csv))
    expect(page.movements).toBe(linesOf(page.csv).length)
    cursor = page.nextCursor
  }
  expect(joined).toEqual(lines)
  const labelled = join(daemon.dataDir, 'labelled.csv')
  expect(await run(labelled, '--label', 'task:invoice, 7', '--wallet-id', wallet.id)).toBe(0)
  expect(linesOf(readFileSync(labelled, 'utf8'))).toEqual([header, ...lines.slice(2)])

  // It replaces no file, and says what it does not take.
  expect(await run(file)).toBe(1)
  expect(await run(join(daemon.dataDir, 'other.csv'), '--since', 'soon')).toBe(2)
})
