import { startTestDaemon } from '../support/daemon.ts'
import { evmOwner } from '../support/owners.ts'
import { evmWorld } from '../support/worlds.ts'
import { startChromium } from './chromium.ts'

export type Scene = Awaited<ReturnType<typeof openScene>>

/** A daemon with a wallet of which all waits for its owner, who has verified, and a browser beside it. */
export async function openScene() {
  const world = await evmWorld()
  const daemon = await startTestDaemon({ env: world.env })
  const url = `http://localhost:${new URL(daemon.url).port}`
  await daemon.operator.updateSettings({ settings: [{ key: 'server.public_url', value: url }] })
  const wallet = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  const owner = evmOwner()
  async function asOwner(path: string, headers: Record<string, string>, body: object = {}) {
    const answer = await daemon.call('POST', path, { body, headers })
    return { status: answer.status, body: answer.body }
  }
  await daemon.operator.setOwner({ id: wallet.id, ownerAddress: owner.address })
  const { message } = await daemon.operator.getOwnerChallenge({ id: wallet.id, action: 'verify' })
  await asOwner(`/v1/wallets/${wallet.id}/owner/verify`, await owner.signs(message))
  const { page, close } = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
  return {
    ...{ world, daemon, url, wallet, owner, page, asOwner },
    /** A payment that waits for the owner. */
    async waiting() {
      const to = world.newAddress()
      const asked = { to, amount: String(world.amount(0)), network: world.network }
      const { id } = await daemon.agent(wallet.token).sendToken(asked)
      return { id, to, status: async () => (await daemon.operator.getTransaction({ id })).status }
    },
    async close() {
      await close()
      await daemon.stop()
      await world.stop()
    },
  }
}
