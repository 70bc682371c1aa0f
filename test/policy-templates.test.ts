import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSolanaFixtures, deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runProgram } from '../packages/cli/src/program.ts'
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
let solanaToken: Awaited<ReturnType<typeof createSolanaFixtures>>
beforeAll(async () => {
  evm = await evmWorld()
  solana = await solanaWorld()
  evmToken = (await deployEvmFixtures(evm.node)).permitToken
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
