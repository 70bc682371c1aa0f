import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@solana/kit'
import { newId } from '@waiaas/contract'
import type { SolanaNode } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSolanaAddress } from '../../../../test/support/wallets.ts'
import { migrations, startPipeline, startSolana } from '../../test/pipeline-bed.ts'
import { localSolana, newWallet } from '../../test/solana-bed.ts'
import { keyOf, u32, u64 } from '../../test/solana-instructions.ts'
import type { Chain } from '../chains/chain.ts'
import { associatedAccount } from '../chains/solana/associated-account.ts'
import { solanaChain } from '../chains/solana/chain.ts'
import { tokenProgram } from '../chains/solana/programs.ts'
import { type Database, openDatabase } from '../platform/db/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
let node: SolanaNode
let chain: Chain
let database: Database
let bed: Awaited<ReturnType<typeof startPipeline>>

beforeAll(async () => {
  node = await startSolana({ slotMs: 50, finalSlots: 8 })
  chain = solanaChain({ network: localSolana, urls: [node.url] })
  database = await openDatabase({ path: join(folder, 'test.db'), migrations })
  bed = await startPipeline(database, node)
})
afterAll(async () => {
  await bed?.stop()
  chain?.close()
  await node?.stop()
  await database?.close()
  rmSync(folder, { recursive: true })
})

const put = (address: string, lamports: bigint, data: readonly number[]) =>
  node.setAccount({ address, owner: tokenProgram, lamports, data: Uint8Array.from(data) })

/** A mint without decimals as the metadata program leaves it: its edition alone could mint and freeze, and there is one of it. */
function issued(owner: string, { isFrozen }: { isFrozen: boolean }): string {
  const [mint, edition] = [newSolanaAddress(), newWallet().address]
  const byEdition = [...u32(1), ...keyOf(edition)]
  put(mint, 1_461_600n, [...byEdition, ...u64(1n), 0, 1, ...byEdition])
  const { address } = associatedAccount(owner as Address, mint as Address, tokenProgram)
  const nobody = Array<number>(36).fill(0)
  const rest = Array<number>(56).fill(0)
  put(address, 2_039_280n, [...keyOf(mint), ...keyOf(owner), ...u64(1n), ...nobody, isFrozen ? 2 : 1, ...rest])
  return mint
}

/** A wallet that has the only one of a mint which its policies let go. */
async function holder(how: { isFrozen: boolean }) {
  const [wallet, to] = [await bed.wallet(), newWallet().address]
  const mint = issued(wallet.address, how)
  await bed.limit(wallet.id, { instant_max_usd: 100, notify_max_usd: 100, delay_max_usd: 100 })
  const tokens = [{ address: mint }]
  const rule = { walletId: wallet.id, type: 'ALLOWED_TOKENS', rules: { tokens }, priority: 0, enabled: true }
  await bed.rules.create(rule as never)
  const send = () =>
    bed.send(wallet, { type: 'NFT_TRANSFER', to, token: { address: mint }, nft: { standard: 'METAPLEX' } }, newId())
  const amountOf = async (owner: string) => (await chain.tokenSource!(owner, await chain.token(mint))).amount
  return { wallet, to, mint, send, amountOf }
}

test('an NFT that is a mint lands with whom it is sent to, once a human has approved it', async () => {
  const { wallet, to, mint, send, amountOf } = await holder({ isFrozen: false })
  const { accepted, transactionId: id } = await send()
  expect(accepted).toMatchObject({ type: 'NFT_TRANSFER', tier: 'APPROVAL', amount: '1' })
  await bed.service.approve(id)
  expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  expect([await amountOf(wallet.address), await amountOf(to)]).toEqual([0n, 1n])
  const { effects } = await bed.service.get(id, undefined)
  const outflow = { kind: 'outflow', amount: '1', to, asset: expect.stringContaining(mint) }
  expect(effects).toContainEqual(expect.objectContaining(outflow))
})

test('a programmable NFT is refused by name before any human is asked', async () => {
  const { wallet, send, amountOf } = await holder({ isFrozen: true })
  await expect(send()).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringContaining('a programmable NFT moves by the program of its collection alone'),
  })
  expect(await amountOf(wallet.address)).toBe(1n)
})
