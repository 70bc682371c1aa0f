import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WAIaaSClient } from '@waiaas/sdk'
import { verifiedOwner } from '../test/support/consents.ts'
import { approvalPageTaps, operatorTaps, ownerTaps, type Tap, telegramTaps } from '../test/support/taps.ts'
import { startTelegram } from '../test/support/telegram-api.ts'
import type { Program } from './daemon.ts'
import { recipient, withSite } from './site.ts'
import { median } from './statistics.ts'

export type Tapped = { readonly channel: string; readonly p50Ms: number; readonly worstMs: number }

const TAPS = 10
const CHAT = 1_001
const ALL_WAIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

/** From a request to its block, over each channel on which a person approves, where that person taps at once. */
export const measureTaps = (program: Program): Promise<Tapped[]> =>
  withSite(program, async ({ daemon, dataDir, node }) => {
    const masterPassword = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
    const operator = new WAIaaSClient({ baseUrl: daemon.url, masterPassword })
    const telegram = await startTelegram()

    async function wallet(name: string) {
      const { id, publicKey, session } = await operator.createWallet({
        name,
        chain: 'ethereum',
        environment: 'testnet',
      })
      await operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules: ALL_WAIT })
      await node.fund(publicKey, 10n ** 21n)
      return { id, agent: new WAIaaSClient({ baseUrl: daemon.url, sessionToken: session!.token }) }
    }
    async function timed(channel: string, agent: WAIaaSClient, { tap }: Tap): Promise<Tapped> {
      const times: number[] = []
      for (let count = 0; count < TAPS; count++) {
        const began = performance.now()
        const { id } = await agent.sendToken({ to: recipient, amount: '1', network: 'local-evm' })
        const tapping = tap(id)
        while ((await agent.getTransaction({ id })).status !== 'CONFIRMED')
          await new Promise((go) => setTimeout(go, 10))
        times.push(performance.now() - began)
        // Its answer says what it does to the worst case, which takes longer.
        await tapping
      }
      return { channel, p50Ms: median(times), worstMs: Math.max(...times) }
    }

    try {
      await operator.pairTelegramUser({ chatId: String(CHAT), role: 'ADMIN' })
      const settings = { 'telegram.api_root': telegram.url, 'telegram.bot_token': telegram.token }
      await operator.updateSettings({ settings: Object.entries(settings).map(([key, value]) => ({ key, value })) })
      const [plain, owned] = [await wallet('taps'), await wallet('taps of an owner')]
      const owner = await verifiedOwner({ operator }, owned.id)
      const nobody = new WAIaaSClient({ baseUrl: daemon.url })
      return [
        await timed('the operator', plain.agent, operatorTaps(operator)),
        await timed('the signature of an owner', owned.agent, ownerTaps(operator, owner)),
        await timed('the page of an owner', owned.agent, approvalPageTaps(nobody, owner)),
        await timed('Telegram', plain.agent, telegramTaps(operator, telegram, CHAT)),
      ]
    } finally {
      await telegram.stop()
    }
  })
