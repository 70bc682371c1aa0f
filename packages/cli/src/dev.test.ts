import { existsSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { cleanUp, launch, launcher, waiaas } from '../test/run.ts'

afterEach(cleanUp)

test('dev runs both chains and a daemon on them, whose events can be followed, and leaves nothing behind', async () => {
  const { child, ended, saw } = launch(process.execPath, [launcher, 'dev', '--port', '0'])
  const [, dataDir] = await saw(/--data-dir (\S+)/)
  const [, url] = await saw(/daemon +(http:\S+)/)
  const [, evm] = await saw(/local-evm +(http:\S+)/)
  const { code, out } = await waiaas(['quickset', '--mode', 'local', '--json', '--data-dir', dataDir!])
  expect(code).toBe(0)
  const [, wallet] = JSON.parse(out).wallets
  const networks = await waiaas(['wallet', 'networks', wallet.id, '--json', '--data-dir', dataDir!])
  expect(networks.out).toContain('local-evm')
  // Test money comes in whole units and is worth something at once; no other chain gives any.
  const run = (...words: string[]) => waiaas([...words, '--json', '--data-dir', dataDir!])
  const funded = await Promise.all([
    ...['evm-local', 'solana-local'].flatMap((name) => [run('fund', name, '2.5'), run('fund', name, '100', 'usdc')]),
  ])
  for (const { code: ended, err } of funded) expect({ ended, err }).toEqual({ ended: 0, err: '' })
  for (const name of ['evm-local', 'solana-local']) {
    const { wallets } = JSON.parse((await run('balance', name)).out)
    const held = wallets[0].networks.flatMap(({ holdings }: { holdings: object[] }) => holdings)
    expect(held).toEqual([
      expect.objectContaining({ address: 'native', balanceFormatted: '2.5' }),
      expect.objectContaining({ symbol: 'USDC', balanceFormatted: '100', usdValue: 100, listed: true }),
    ])
  }
  const refusals: [readonly string[], RegExp][] = [
    [['fund', 'evm-local', '1', 'DAI'], /expected ETH or USDC, got \\"DAI\\"/],
    [['fund', 'evm-local', '0'], /expected an amount in whole units/],
    [['fund', 'evm-local', '1.0000001', 'USDC'], /decimals/],
  ]
  for (const [words, why] of refusals) expect((await run(...words)).err).toMatch(why)
  const away = [
    'wallet',
    'create',
    '--name',
    'away',
    '--chain',
    'ethereum',
    '--environment',
    'mainnet',
    '--no-create-session',
  ]
  expect((await run(...away)).code).toBe(0)
  expect((await run('fund', 'away', '1')).err).toMatch(/is on no local chain/)
  // What has happened since the beginning, until somebody has seen enough.
  const after = '0-0-0000000000000000'
  const events = launch(process.execPath, [launcher, 'events', '--data-dir', dataDir!, '--after', after])
  await events.saw(/WALLET_CREATED/)
  events.child.kill('SIGINT')
  expect((await events.ended).code).toBe(0)
  child.kill('SIGINT')
  expect((await ended).code).toBe(0)
  await expect(fetch(url!)).rejects.toThrow('fetch failed')
  await expect(fetch(evm!)).rejects.toThrow('fetch failed')
  expect(existsSync(dataDir!)).toBe(false)
})
