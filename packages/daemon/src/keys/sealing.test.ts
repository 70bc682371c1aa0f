import { sealImport } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { makeSealingKeyPair, openBytes, openExport, sealBytes } from './sealing.ts'
import { startKeys } from './service.ts'

test('a sealed secret opens with its key and purpose only, whole and unaltered', () => {
  const [mine, other] = [makeSealingKeyPair(), makeSealingKeyPair()]
  const sealed = sealBytes(mine.publicKey, 'import', Buffer.from('secret', 'utf8'))
  expect(openBytes(mine, 'import', sealed).toString('utf8')).toBe('secret')
  expect(() => openBytes(other, 'import', sealed)).toThrow()
  expect(() => openBytes(mine, 'export', sealed)).toThrow()
  const bytes = Buffer.from(sealed, 'base64')
  for (const at of bytes.keys()) {
    const altered = Buffer.from(bytes)
    altered[at]! ^= 1
    expect(() => openBytes(mine, 'import', altered.toString('base64'))).toThrow()
  }
  expect(() => openBytes(mine, 'import', bytes.subarray(0, -1).toString('base64'))).toThrow()
})

test('the same secret sealed twice looks different', () => {
  const { publicKey } = makeSealingKeyPair()
  const seal = () => sealBytes(publicKey, 'import', Buffer.from('secret', 'utf8'))
  expect(seal()).not.toBe(seal())
})

test('what a client seals with the means of a browser is the same envelope, with the fields that the signer reads', async () => {
  const [mine, other] = [makeSealingKeyPair(), makeSealingKeyPair()]
  const seal = () =>
    sealImport(mine.publicKey, { format: 'mnemonic', secret: 'words', derivation: 'none', passphrase: 'é' })
  const sealed = await seal()
  expect(JSON.parse(openBytes(mine, 'import', sealed).toString('utf8'))).toEqual({
    ...{ kind: 'mnemonic', phrase: 'words', derivation: 'none', passphrase: 'é' },
  })
  expect(await seal()).not.toBe(sealed)
  expect(() => openBytes(other, 'import', sealed)).toThrow()
  expect(() => openBytes(mine, 'export', sealed)).toThrow()
  await expect(sealImport('AAAA', { format: 'private-key', secret: '1' })).rejects.toThrow('has 32 bytes')
})

test('a secret sealed for one keyring is refused by the next, with the remedy', async () => {
  const keys = await startKeys()
  await keys.createKeyring('a master password')
  const { publicKey } = await keys.sealingKey()
  const secret = { sealed: await sealImport(publicKey, { format: 'private-key', secret: '11'.repeat(32) }) }
  const imported = await keys.import('wallet', 'ethereum', secret)
  const reader = makeSealingKeyPair()
  const exported = await keys.export(imported, 'a master password', {
    format: 'private-key',
    recipient: reader.publicKey,
  })
  expect('sealed' in exported && openExport(reader, exported.sealed)).toBe(`0x${'11'.repeat(32)}`)
  const incomplete = { sealed: await sealImport(publicKey, { format: 'keystore-v3', secret: '{}' }) }
  await expect(keys.import('wallet', 'ethereum', incomplete)).rejects.toThrow('needs its field password')
  await keys.restart()
  await keys.createKeyring('a master password')
  await expect(keys.import('wallet', 'ethereum', secret)).rejects.toMatchObject({
    code: 'IMPORT_INVALID',
    message: expect.stringContaining('ask for the sealing key again'),
  })
  await keys.stop()
})
