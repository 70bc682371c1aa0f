import {
  appendTransactionMessageInstruction,
  createNoopSigner,
  createSolanaRpc,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  address as solanaAddress,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { deployEvmFixtures, type EvmFixtures, mintToken } from '@waiaas/localnet'
import { hasCode, remedyOf } from '@waiaas/sdk'
import { solanaSigner } from '@waiaas/sdk/solana'
import { viemAccount } from '@waiaas/sdk/viem'
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  erc20Abi,
  type Hex,
  http,
  parseEther,
  verifyMessage,
  verifyTypedData,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { evmBalance, solanaBalance, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, envOf, evmWorld, type SolanaWorld, solanaWorld } from './support/worlds.ts'

// Programs that build and send by themselves, with the key of a policed wallet: viem on EVM networks, kit on Solana.

const LIMITS = { instant_max_usd: 200, notify_max_usd: 200, delay_max_usd: 200, daily_limit_usd: 1_000 }
let evm: EvmWorld
let solana: SolanaWorld
let daemon: TestDaemon
beforeAll(async () => {
  ;[evm, solana] = await Promise.all([evmWorld({ blockTime: 0.25 }), solanaWorld()])
  daemon = await startTestDaemon({ env: envOf(evm, solana) })
})
afterAll(async () => {
  await daemon?.stop()
  await evm?.stop()
  await solana?.stop()
})

const failing = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: Error) => error,
  )
/** What a person lets pass as soon as it waits. */
async function approved<Answer>(wallet: TestWallet, asking: Promise<Answer>, more = {}): Promise<Answer> {
  const { id } = await until('it to wait', async () => {
    const { items } = await daemon.agent(wallet.token).listTransactions({ status: 'QUEUED' })
    return items[0]
  })
  await daemon.operator.adminApproveTransaction({ id, ...more })
  return asking
}

describe('an account of viem', () => {
  let wallet: TestWallet
  let fixtures: EvmFixtures
  beforeAll(async () => {
    wallet = await evm.wallet(daemon, { limit: LIMITS })
    fixtures = await deployEvmFixtures(evm.node)
    await mintToken(evm.node, fixtures.permitToken, { to: wallet.address, amount: 1_000_000_000n })
  })
  async function program() {
    const chain = defineChain({
      ...{ id: 31_337, name: 'local', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 } },
      rpcUrls: { default: { http: [evm.node.url] } },
    })
    const account = await viemAccount(daemon.agent(wallet.token), { network: 'local-evm' })
    const transport = http()
    return {
      account,
      writer: createWalletClient({ account, chain, transport }),
      reader: createPublicClient({ chain, transport, pollingInterval: 50 }),
    }
  }

  test('pays within the limits of its wallet, and says of what is above them what would pass', async () => {
    const { account, writer, reader } = await program()
    expect(account.address).toBe(wallet.address)
    const to = evm.newAddress() as Hex
    const hash = await writer.sendTransaction({ to, value: parseEther('0.01') })
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success')
    expect(await evmBalance(evm.node, to)).toBe(parseEther('0.01'))

    const refused = await failing(writer.sendTransaction({ to, value: parseEther('0.9') }))
    expect(hasCode(refused, 'POLICY_DENIED')).toBe(true)
    expect(remedyOf(refused)?.message).toMatch(/^Refused: .*would pass now/)
    expect(refused.message).toContain('does not fit')
    const { items } = await daemon.agent(wallet.token).listTransactions()
    expect(items.filter(({ status }) => status === 'CONFIRMED' || status === 'SIGNED')).toHaveLength(1)
  })

  test('waits for a person, and sends what they let pass', async () => {
    const { writer, reader } = await program()
    const to = evm.newAddress() as Hex
    const hash = await approved(wallet, writer.sendTransaction({ to, value: parseEther('0.15') }))
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success')
    expect(await evmBalance(evm.node, to)).toBe(parseEther('0.15'))
  })

  test('pays tokens that the policies list, and no others', async () => {
    const { writer, reader } = await program()
    const to = evm.newAddress() as Hex
    const token = fixtures.permitToken as Hex
    const pays = () =>
      writer.writeContract({ address: token, abi: erc20Abi, functionName: 'transfer', args: [to, 2_000_000n] })
    expect(hasCode(await failing(pays()), 'POLICY_DENIED')).toBe(true)
    const tokens = [{ address: token, chain: 'local-evm' }]
    await daemon.operator.createPolicy({ walletId: wallet.id, type: 'ALLOWED_TOKENS', rules: { tokens } })
    const asset = `eip155:31337/erc20:${token.toLowerCase()}`
    const prices = JSON.stringify({ 'native:local-evm': '2000', 'native:local-solana': '150', [asset]: '1' })
    await daemon.operator.updateSettings({ settings: [{ key: 'oracle.fixed_prices', value: prices }] })
    const hash = await pays()
    expect((await reader.waitForTransactionReceipt({ hash })).status).toBe('success')
    const args = [to] as const
    expect(await reader.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args })).toBe(
      2_000_000n,
    )
  })

  test('signs texts and typed data that hold good for its address, and no bytes that nobody can read', async () => {
    const { account, writer } = await program()
    const { address } = account
    const message = 'I own this wallet.\nYes: 예'
    const signature = await approved(wallet, writer.signMessage({ message }))
    expect(await verifyMessage({ address, message, signature })).toBe(true)
    await expect(writer.signMessage({ message: { raw: '0xff00' } })).rejects.toThrow('nobody can read')

    const data = {
      domain: { name: 'Chess', version: '1', chainId: 31_337n, verifyingContract: fixtures.sink as Hex },
      types: {
        Move: [
          { name: 'piece', type: 'string' },
          { name: 'count', type: 'uint256' },
        ],
      },
      primaryType: 'Move',
      message: { piece: 'queen', count: 2n ** 200n },
    } as const
    expect(hasCode(await failing(writer.signTypedData(data)), 'POLICY_DENIED')).toBe(true)
    const rules = { typed_data: [{ verifying_contract: fixtures.sink, primary_type: 'Move' }] }
    await daemon.operator.createPolicy({ walletId: wallet.id, type: 'SIGN_MESSAGE_RULES', rules })
    const signed = await approved(wallet, writer.signTypedData(data), { overCeiling: true })
    expect(await verifyTypedData({ address, ...data, signature: signed })).toBe(true)
  })

  test('is no account of a wallet on another chain', async () => {
    const other = await solana.wallet(daemon, { limit: LIMITS })
    await expect(viemAccount(daemon.agent(other.token), { network: 'local-evm' })).rejects.toThrow('got one of solana')
    await expect(solanaSigner(daemon.agent(wallet.token), { network: 'local-solana' })).rejects.toThrow('got one of')
  })
})

describe('a signer of kit', () => {
  test('pays as the fee payer of a transaction that kit builds, within the limits of its wallet', async () => {
    const wallet = await solana.wallet(daemon, { limit: LIMITS })
    const signer = await solanaSigner(daemon.agent(wallet.token), { network: 'local-solana' })
    expect(signer.address).toBe(wallet.address)
    const rpc = createSolanaRpc(solana.node.url)
    const to = solana.newAddress()
    async function pay(amount: bigint) {
      const { value: blockhash } = await rpc.getLatestBlockhash().send()
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (one) => setTransactionMessageFeePayerSigner(signer, one),
        (one) => setTransactionMessageLifetimeUsingBlockhash(blockhash, one),
        (one) =>
          appendTransactionMessageInstruction(
            getTransferSolInstruction({ source: signer, destination: solanaAddress(to), amount }),
            one,
          ),
      )
      const transaction = await signTransactionMessageWithSigners(message)
      await rpc.sendTransaction(getBase64EncodedWireTransaction(transaction), { encoding: 'base64' }).send()
      return getSignatureFromTransaction(transaction)
    }
    const signature = await pay(10_000_000n)
    await until('the payment to land', async () => (await solanaBalance(solana.node, to)) === 10_000_000n || undefined)
    const { items } = await daemon.agent(wallet.token).listTransactions()
    expect(items[0]).toMatchObject({ txHash: signature })
    const refused = await failing(pay(7_000_000_000n))
    expect(hasCode(refused, 'POLICY_DENIED')).toBe(true)
    expect(createNoopSigner(signer.address).address).toBe(wallet.address)
  })
})
