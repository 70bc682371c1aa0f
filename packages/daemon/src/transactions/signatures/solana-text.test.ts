import {
  type Address,
  getBase58Encoder,
  getPublicKeyFromAddress,
  type SignatureBytes,
  verifySignature,
} from '@solana/kit'
import { newId } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPrepared } from '../../../../../test/support/prepared.ts'
import { startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { offchainMessage } from '../../chains/solana/messages.ts'
import type { Database } from '../../platform/db/database.ts'

let node: Awaited<ReturnType<typeof startSolana>>
let database: Database
let bed: Awaited<ReturnType<typeof startPipeline>>
beforeAll(async () => {
  node = await startSolana()
  database = await openPrepared()
  bed = await startPipeline(database, node)
})
afterAll(async () => {
  await bed?.stop()
  await database?.close()
  await node?.stop()
})

test('a text is signed as an off-chain message, a sign-in as it stands; typed data and hashes are not', async () => {
  const from = await bed.wallet()
  await bed.limit(from.id, { instant_max_usd: 10 })
  const rules = {
    walletId: from.id,
    type: 'SIGN_MESSAGE_RULES',
    rules: { personal: 'INSTANT', siwe_domains: [{ domain: 'app.example' }] },
    priority: 0,
    enabled: true,
  }
  await bed.rules.create(rules as never)
  const sign = (asked: object) =>
    bed.service.signMessage({ signType: 'personal', walletId: from.id, ...asked } as never, {
      ...{ sessionId: from.session, peer: '127.0.0.1', key: newId() },
      onDelivered: () => undefined,
    })
  const words = 'I own this account.'
  const { id, signature } = await sign({ message: words, labels: { task: 'a' } })
  expect((await bed.service.get(id, from.session)).labels).toEqual({ task: 'a' })
  const bytes = offchainMessage(from.address, Buffer.from(words))
  const key = await getPublicKeyFromAddress(from.address as Address)
  const signed = getBase58Encoder().encode(signature) as SignatureBytes
  expect(await verifySignature(key, signed, bytes)).toBe(true)
  expect(await verifySignature(key, signed, Buffer.from(words))).toBe(false)
  const signIn = (domain: string, account = from.address) =>
    `${domain} wants you to sign in with your Solana account:\n${account}\n\nNonce: 12345678`
  const asked = await sign({ message: signIn('app.example') })
  const bare = getBase58Encoder().encode(asked.signature) as SignatureBytes
  expect(await verifySignature(key, bare, Buffer.from(signIn('app.example')))).toBe(true)
  await expect(sign({ message: signIn('evil.example') })).rejects.toMatchObject({ code: 'POLICY_DENIED' })
  for (const message of [signIn('app.example', newId()), `x ${signIn('app.example')}`, 'ab'.repeat(32), 'a\u0000b'])
    await expect(sign({ message }), message).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
  const typedData = { domain: {}, types: { A: [] }, primaryType: 'A', message: {} }
  await expect(sign({ signType: 'typedData', typedData })).rejects.toMatchObject({ code: 'UNSUPPORTED_TX_TYPE' })
})
