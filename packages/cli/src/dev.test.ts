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
