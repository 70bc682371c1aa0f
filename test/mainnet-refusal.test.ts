import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterEach, expect, test } from 'vitest'
import { cleanUp, startProvisioned, temporaryFolder } from '../packages/cli/test/run.ts'
import { sealImport } from '../packages/contract/src/index.ts'

const SETTING = 'security.refuse_mainnet_with_recovery_key'
const refusing = { WAIAAS_SECURITY_REFUSE_MAINNET_WITH_RECOVERY_KEY: 'true' }
const refusal = { status: 409, code: 'RECOVERY_KEY_PRESENT', hint: expect.stringContaining('waiaas set-master') }
const mainnet = { name: 'main', chain: 'ethereum', environment: 'mainnet' } as const
const evmKey = () => randomBytes(32).toString('hex')
afterEach(cleanUp)

function operatorOf({ url, dataDir }: { url: string; dataDir: string }): WAIaaSClient {
  const masterPassword = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
  return new WAIaaSClient({ baseUrl: url, masterPassword, retryOptions: { maxRetries: 0 } })
}

test('a mainnet wallet is neither made nor imported while recovery.key is there, and a testnet wallet is', async () => {
  const operator = operatorOf(await startProvisioned(refusing))
  await expect(operator.createWallet(mainnet)).rejects.toMatchObject(refusal)
  const secret = { format: 'private-key', secret: evmKey() } as const
  await expect(operator.importWallet({ ...mainnet, ...secret })).rejects.toMatchObject(refusal)
  const { publicKey } = await operator.getSealingKey()
  const sealed = await sealImport(publicKey, secret)
  await expect(operator.importWallet({ ...mainnet, sealed })).rejects.toMatchObject(refusal)
  expect((await operator.listWallets({})).items).toEqual([])
  await operator.createWallet({ ...mainnet, environment: 'testnet' })
  await operator.importWallet({ ...mainnet, name: 'imported', environment: 'testnet', ...secret })
})

test('of a 2.x installation only the testnet wallets come over, and the others right after set-master', async () => {
  const daemon = await startProvisioned(refusing)
  const files = temporaryFolder()
  const file = (name: string, text: string) => {
    writeFileSync(join(files, name), text, { mode: 0o600 })
    return join(files, name)
  }
  const from = fileURLToPath(new URL('../packages/cli/test/waiaas-2', import.meta.url))
  const old = file('old', 'the password of the old installation')
  const importAll = () => daemon.run(['import', '--from', from, '--from-password-file', old])
  const { code, out } = await importAll()
  expect(code).toBe(1)
  expect(out).toMatch(/^old evm .* failed: .*waiaas set-master.* \(RECOVERY_KEY_PRESENT\)$/m)
  expect(out).toMatch(/^old solana .* imported$/m)
  const fresh = file('fresh', 'correct horse battery')
  expect((await daemon.run(['set-master', '--new-password-file', fresh])).code).toBe(0)
  const again = await daemon.run([...['import', '--from', from, '--from-password-file', old, '--password-file', fresh]])
  expect(again.out).toMatch(/^old evm .* imported$/m)
  expect(again.code).toBe(0)
})

test('nothing is refused by default, and the setting takes effect while the daemon runs', async () => {
  const operator = operatorOf(await startProvisioned())
  await operator.createWallet(mainnet)
  await operator.updateSettings({ settings: [{ key: SETTING, value: 'true' }] })
  await expect(operator.createWallet(mainnet)).rejects.toMatchObject(refusal)
})

test('quickset asks for the word of its networks, and for a yes before real money lies behind recovery.key', async () => {
  const daemon = await startProvisioned()
  expect(await daemon.run(['quickset'])).toMatchObject({
    ...{ code: 2, err: expect.stringContaining('expected --mode as one of mainnet, testnet, local, got nothing') },
  })
  const main = ['quickset', '--mode', 'mainnet']
  expect(await daemon.run(main)).toMatchObject({ code: 1, err: expect.stringContaining('waiaas set-master') })
  expect((await operatorOf(daemon).listWallets({})).items).toEqual([])
  const meant = await daemon.run([...main, '--yes-main', '--json'])
  expect(meant.code, meant.err).toBe(0)
  expect(JSON.parse(meant.out).wallets).toMatchObject([{ environment: 'mainnet' }, { environment: 'mainnet' }])
})
