import { randomBytes } from 'node:crypto'
import { startTestDaemon } from '../support/daemon.ts'
import { evmOwner, solanaOwner, type TestOwner } from '../support/owners.ts'
import { envOf, evmWorld, solanaWorld, type World } from '../support/worlds.ts'
import { LAN_HOST, startChromium } from './chromium.ts'

export type Scene = Awaited<ReturnType<typeof openScene>>

const ALL_WAIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

/** A daemon with a wallet of which all waits for its owner, who has verified, and a browser beside it. */
export async function openScene() {
  const world = await evmWorld()
  const solana = await solanaWorld()
  const hosts = { WAIAAS_SECURITY_ALLOWED_HOSTS: LAN_HOST }
  // One of its networks answers nobody.
  const silent = { WAIAAS_RPC_EVM_ETHEREUM_SEPOLIA: 'http://127.0.0.1:1' }
  const daemon = await startTestDaemon({ env: { ...envOf(world, solana), ...hosts, ...silent } })
  const { port } = new URL(daemon.url)
  const url = `http://localhost:${port}`
  await daemon.operator.updateSettings({ settings: [{ key: 'server.public_url', value: url }] })
  async function asOwner(path: string, headers: Record<string, string>, body: object = {}) {
    const answer = await daemon.call('POST', path, { body, headers })
    return { status: answer.status, body: answer.body }
  }
  /** A wallet of which all waits, with an owner who has verified. */
  async function owned(on: World, owner: TestOwner) {
    const wallet = await on.wallet(daemon, { limit: ALL_WAIT })
    await daemon.operator.setOwner({ id: wallet.id, ownerAddress: owner.address })
    const { message } = await daemon.operator.getOwnerChallenge({ id: wallet.id, action: 'verify' })
    await asOwner(`/v1/wallets/${wallet.id}/owner/verify`, await owner.signs(message))
    const { token } = await daemon.operator.createSession({ walletId: wallet.id, labels: { name: 'Shopping' } })
    return { ...wallet, token }
  }
  const [owner, solanaPerson] = [evmOwner(), solanaOwner(randomBytes(32))]
  const [wallet, solanaWallet] = [await owned(world, owner), await owned(solana, solanaPerson)]
  const { page, close } = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
  async function paymentOf(on: World, token: string, more: object = {}) {
    const to = on.newAddress()
    const asked = { to, amount: String(on.amount(0)), network: on.network, ...more }
    const { id } = await daemon.agent(token).sendToken(asked)
    return { id, to, status: async () => (await daemon.operator.getTransaction({ id })).status }
  }
  return {
    ...{ world, daemon, url, wallet, owner, page, asOwner },
    lanUrl: `http://${LAN_HOST}:${port}`,
    /** A wallet of which all waits, and that nobody owns. */
    unowned: () => world.wallet(daemon, { limit: ALL_WAIT }),
    waitingOf: ({ token }: { token: string }) => paymentOf(world, token),
    /** A payment that waits for the owner. */
    waiting: (more: object = {}) => paymentOf(world, wallet.token, more),
    /** The same of a wallet on Solana, and its owner. */
    solana: { owner: solanaPerson, waiting: () => paymentOf(solana, solanaWallet.token) },
    async close() {
      await close()
      await daemon.stop()
      await Promise.all([world.stop(), solana.stop()])
    },
  }
}
