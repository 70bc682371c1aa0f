import { NETWORKS } from '@waiaas/contract'
import { expect } from 'vitest'
import { makePage } from '../../../packages/admin/scripts/build.ts'
import { MASTER_PASSWORD, startTestDaemon } from '../../support/daemon.ts'
import { until } from '../../support/until.ts'
import { envOf, evmWorld, solanaWorld, type World } from '../../support/worlds.ts'
import { LAN_HOST, type Page, startChromium } from '../chromium.ts'
import { personAt } from '../person.ts'

export type AdminScene = Awaited<ReturnType<typeof openAdmin>>

/** Nobody answers for another network, and nobody else is asked. */
const ALONE = Object.fromEntries(
  NETWORKS.map(({ setting }) => [`WAIAAS_RPC_${setting.toUpperCase()}`, 'http://127.0.0.1:9'] as const),
)
const ALL_WAIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

/**
 * A daemon with both chains, a wallet on each, an agent of each, and a person before its admin page, who is not logged in.
 * `more` are settings as environment variables.
 */
export async function openAdmin(more: Record<string, string> = {}) {
  expect(makePage()).toBeUndefined()
  const [evm, solana] = await Promise.all([evmWorld(), solanaWorld()])
  const env = { ...ALONE, ...envOf(evm, solana), WAIAAS_SECURITY_ALLOWED_HOSTS: LAN_HOST, ...more }
  const daemon = await startTestDaemon({ env })
  const { port } = new URL(daemon.url)
  /** A wallet of which all waits for the operator, with an agent that uses it. */
  async function walletOn(world: World, agent: string) {
    const wallet = await world.wallet(daemon, { limit: ALL_WAIT })
    const { token, id } = await daemon.operator.createSession({ walletId: wallet.id, labels: { name: agent } })
    return { ...wallet, token, sessionId: id }
  }
  const [wallet, solanaWallet] = [await walletOn(evm, 'Shopping'), await walletOn(solana, 'Trading')]
  const { page, another, close } = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
  const url = `http://localhost:${port}`
  return {
    ...{ daemon, evm, solana, wallet, solanaWallet, page, url },
    lanUrl: `http://${LAN_HOST}:${port}`,
    at: personAtAdmin(page, url),
    /** The same person before another tab. */
    async tab() {
      const opened = await another()
      return { page: opened, at: personAtAdmin(opened, url) }
    },
    /** A payment of the agent on the EVM chain, which waits for the operator. */
    async waiting(more: object = {}) {
      const to = evm.newAddress()
      const asked = { to, amount: String(evm.amount(0)), network: evm.network, ...more }
      const { id } = await daemon.agent(wallet.token).sendToken(asked)
      return { id, to, status: async () => (await daemon.operator.getTransaction({ id })).status }
    },
    async close() {
      await close()
      await daemon.stop()
      await Promise.all([evm.stop(), solana.stop()])
    },
  }
}

type Field = { focus(): void; select?(): void }
type Dom = { document: { querySelectorAll(selector: string): Iterable<Labelled> } }
type Labelled = { textContent: string; control: Field | null; click(): void; checkVisibility(): boolean }

/** A person before the admin page, who types as a keyboard does. */
export function personAtAdmin(page: Page, url: string) {
  const at = personAt(page)
  const person = {
    ...at,
    /** Types into the field of a label, in place of what is there. */
    async fill(label: string, text: string): Promise<void> {
      await until(`a field "${label}"`, () =>
        page.run((wanted) => {
          const labels = (globalThis as unknown as Dom).document.querySelectorAll('label')
          const field = [...labels].find((each) => each.textContent.trim() === wanted)?.control
          field?.focus()
          field?.select?.()
          return field != null
        }, label),
      )
      await page.send('Input.insertText', { text })
    },
    /** Presses a button of the dialog that is open. */
    answer: (label: string) =>
      until(`an answer "${label}"`, () =>
        page.run((wanted) => {
          const inDialogs = '[role=dialog] button:enabled, [role=alertdialog] button:enabled'
          const buttons = (globalThis as unknown as Dom).document.querySelectorAll(inDialogs)
          const button = [...buttons].find((each) => each.textContent === wanted)
          button?.click()
          return button !== undefined
        }, label),
      ),
    /** Goes to a page of the admin page by its address. */
    go: (hash: string) =>
      page.run((wanted) => {
        // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
        ;(globalThis as any).location.hash = wanted
      }, hash),
    /** Logs in anew, whoever was logged in before. */
    async logIn(password = MASTER_PASSWORD): Promise<void> {
      await page.open(`${url}/admin/`)
      await page.run(() => sessionStorage.clear(), undefined)
      await page.open(`${url}/`)
      await person.fill('Master password', password)
      await person.press('Log in')
    },
    /** Types the master password where a dialog asks for it. */
    async confirmWithPassword(password = MASTER_PASSWORD): Promise<void> {
      await at.sees('Type the master password')
      await person.fill('Master password', password)
      await person.press('Go on')
    },
  }
  return person
}
