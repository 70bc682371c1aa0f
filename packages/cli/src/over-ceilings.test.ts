import type { LiftedPayment } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { expect, test } from 'vitest'
import { overCeilings } from './over-ceilings.ts'

const MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
const OWNER = '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM'
const OTHER = '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T'
/** Of OWNER for MINT, as `spl-token address --verbose` derives it. */
const ACCOUNT = 'FGETo8T8wMcN2wCjav8VK6eh3dLk63evNDPxzLSJra8B'
const id = '0199a0c2-6c1e-7d3a-9a52-0d1c8f6b7e11'

/** What a person is shown of a token payment to that account, from a daemon that says whom it pays. */
async function shownTo(to: string, toAddress: string | null): Promise<string> {
  const payment: LiftedPayment = {
    ...{ chain: 'solana', sender: OTHER, moves: [{ asset: MINT, amount: '2000000', to }] },
    ...{ call: null, codeHash: null, memos: [], fee: '5000' },
  }
  const daemon = {
    showOverCeiling: async () => ({ id, network: 'solana-mainnet', why: null, payment }),
    getTransaction: async () => ({ id, toAddress, memo: null }),
    listTokens: async () => ({ tokens: [{ address: MINT, symbol: 'USDC', decimals: 6 }] }),
    adminApproveTransaction: async (approval: object) => approval,
  }
  let text = ''
  const api = overCeilings(daemon as unknown as WAIaaSClient, (shown) => {
    text = shown
  })
  // What is approved is what the signer reads: the account.
  expect(await api.adminApproveTransaction({ id, overCeiling: true })).toMatchObject({ payment: { moves: [{ to }] } })
  return text
}

test('a token payment on Solana is shown with the owner of its account, where the account proves that', async () => {
  const paid = 'pays 2 USDC, which is 2000000 base units of the token EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
  expect(await shownTo(ACCOUNT, OWNER)).toContain(
    `${paid}, as the daemon says to ${OWNER} (its token account ${ACCOUNT})`,
  )
  // With the account made by the payment itself the signer reads the owner.
  expect(await shownTo(OWNER, OWNER)).toContain(`as the daemon says to ${OWNER}\n`)
})

test('an owner that the daemon makes up is not shown', async () => {
  for (const owner of [OTHER, null, 'nobody', ACCOUNT.toLowerCase()])
    expect(await shownTo(ACCOUNT, owner)).toContain(`to the token account ${ACCOUNT}, of whom is not said\n`)
})
