import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TEMPLATES, templateOf } from '@waiaas/contract'
import { createSolanaFixtures, deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram } from '../packages/cli/src/program.ts'
import { templateAnswers } from '../scripts/policy-pages.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { type EvmWorld, envOf, evmWorld, type SolanaWorld, solanaWorld } from './support/worlds.ts'

/** What the README says a fresh wallet needs. */
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const commands = /```sh stablecoins\n([^`]+)```/.exec(README)?.[1]?.trim().split('\n') ?? []

let evm: EvmWorld
let solana: SolanaWorld
let daemon: TestDaemon
let evmToken: string
let plainToken: string
let solanaToken: Awaited<ReturnType<typeof createSolanaFixtures>>
beforeAll(async () => {
  evm = await evmWorld()
  solana = await solanaWorld()
  ;({ permitToken: evmToken, plainToken } = await deployEvmFixtures(evm.node))
  solanaToken = await createSolanaFixtures(solana.node)
  const { WAIAAS_ORACLE_FIXED_PRICES: prices = '{}', ...env } = envOf(evm, solana)
  daemon = await startTestDaemon({ env: { ...env, WAIAAS_ORACLE_FIXED_PRICES: prices } })
  for (const [network, address] of [
    [evm.network, evmToken],
    [solana.network, solanaToken.splMint],
  ] as const) {
    await daemon.operator.addToken({ network, address, symbol: 'USDC', name: 'USD Coin', decimals: 6 })
    await daemon.operator.setPrice({ asset: `USDC@${network}`, usd: '1' })
  }
})
afterAll(async () => {
  await daemon?.stop()
  await evm?.stop()
  await solana?.stop()
})

const chains = {
  ethereum: () => ({
    world: evm,
    async fund(address: string) {
      await evm.node.fund(address, 10n ** 18n)
      await mintToken(evm.node, evmToken, { to: address, amount: 500_000_000n })
    },
  }),
  solana: () => ({
    world: solana,
    async fund(address: string) {
      await solana.node.airdrop(address, 10n ** 9n)
      await solanaToken.mintTo(solanaToken.splMint, address, 500_000_000n)
    },
  }),
}

test.each(['ethereum', 'solana'] as const)(
  'on %s, paying 2 USDC needs one command beside wallet and session',
  async (chain) => {
    expect(commands).toHaveLength(3)
    const password = join(daemon.dataDir, 'password')
    writeFileSync(password, MASTER_PASSWORD, { mode: 0o600 })
    for (const command of commands) {
      const words = command.replace('--chain solana', `--chain ${chain}`).replaceAll(/\bshop\b/g, `shop-${chain}`)
      const argv = [...words.split(' ').slice(1), '--data-dir', daemon.dataDir, '--password-file', password, '--json']
      expect(await runProgram(argv), words).toBe(0)
    }
    const { world, fund } = chains[chain]()
    const wallet = (await daemon.operator.listWallets()).items.find(({ name }) => name === `shop-${chain}`)!
    await fund(wallet.publicKey)
    const { token } = await daemon.operator.createSession({ walletId: wallet.id })
    const agent = daemon.agent(token)
    const pay = (humanAmount: string, to = world.newAddress()) =>
      agent.sendToken({
        ...{ type: 'TOKEN_TRANSFER', to, humanAmount },
        token: 'USDC',
        network: world.network,
      } as never)
    const sent = (await pay('2')) as unknown as { id: string; tier: string }
    expect(sent).toMatchObject({ tier: 'NOTIFY' })
    await until('it to land', async () => (await agent.getTransaction({ id: sent.id })).status === 'CONFIRMED')

    // What the page of the template says it stops.
    const native = agent.sendToken({ to: world.newAddress(), humanAmount: '0.006', network: world.network })
    expect(await native).toMatchObject({ tier: 'APPROVAL' })
    await expect(pay('101')).rejects.toMatchObject({ code: 'POLICY_DENIED' })
  },
)

/** Fees, and addresses of this chain, are others than on the page. */
const words = (text: string): string => text.replaceAll(/\b0x[0-9a-f]{40}\b/gi, '0x').replaceAll(/\d+\.\d+/g, '0.0')
const named = () => ({ contracts: [plainToken], domains: ['api.example.com'], recipients: [evm.newAddress()] })

test.each(TEMPLATES)('an agent under the template %s is told what its page says', async (template) => {
  const wallet = await daemon.operator.createWallet({
    ...{ name: template, chain: 'ethereum', environment: 'testnet', createSession: false },
  })
  await evm.node.fund(wallet.publicKey, 10n ** 18n)
  await mintToken(evm.node, evmToken, { to: wallet.publicKey, amount: 5_000_000_000n })
  await mintToken(evm.node, plainToken, { to: wallet.publicKey, amount: 10n ** 20n })
  const given = named()
  const needs = Object.fromEntries(templateOf(template).needs.map((need) => [need, given[need]]))
  await daemon.operator.applyPolicyTemplate({ template, walletId: wallet.id, ...needs })
  const agent = daemon.agent((await daemon.operator.createSession({ walletId: wallet.id })).token)
  for (const { asks, request, told } of templateAnswers[template]) {
    const token = request.token === 'PLAIN' ? { address: plainToken, symbol: 'PLAIN', decimals: 18 } : request.token
    const asked = agent.sendToken({ ...request, ...(token && { token }), network: evm.network } as never)
    const answer = await asked.catch((error: unknown) => error)
    expect(answer, asks).toMatchObject({ code: 'POLICY_DENIED' })
    expect(words((answer as Error).message)).toBe(words(told))
  }
})
