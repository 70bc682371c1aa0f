import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runProgram } from '../packages/cli/src/program.ts'
import { relyingPartyOf } from '../packages/daemon/src/owners/webauthn.ts'
import { ownedBy } from './support/consents.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner, solanaOwner, type TestOwner } from './support/owners.ts'
import { acceptedInvitation } from './support/passkeys.ts'
import {
  adminPageTaps,
  approvalPageTaps,
  OPERATOR,
  operatorTaps,
  ownerTaps,
  type Tap,
  telegramTaps,
} from './support/taps.ts'
import { startTelegram, type Telegram } from './support/telegram-api.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { envOf, evmWorld, solanaWorld, type World } from './support/worlds.ts'

// Whoever answers, over whichever channel: the agent's request lands by itself, soon, once, and no later answer counts.

const PAGE = 'https://wallets.example.org'
const ALL_WAIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
const CHAT = 1_001

let evm: World
let solana: World
let daemon: TestDaemon
let telegram: Telegram
const times: string[] = []
beforeAll(async () => {
  ;[evm, solana, telegram] = await Promise.all([evmWorld({ blockTime: 0.25 }), solanaWorld(), startTelegram()])
  daemon = await startTestDaemon({ env: { ...envOf(evm, solana), WAIAAS_SERVER_PUBLIC_URL: PAGE } })
  await daemon.operator.pairTelegramUser({ chatId: String(CHAT), role: 'ADMIN' })
  const settings = { 'telegram.api_root': telegram.url, 'telegram.bot_token': telegram.token }
  await daemon.operator.updateSettings({ settings: Object.entries(settings).map(([key, value]) => ({ key, value })) })
})
afterAll(async () => {
  // Not more than a figure: how busy the machine is decides it.
  process.stdout.write(`from request to landed, with a tap at once:\n${times.join('\n')}\n`)
  await daemon?.stop()
  await telegram?.stop()
  await evm?.stop()
  await solana?.stop()
})

/** The operator, at a terminal. */
function commandTaps({ dataDir }: Pick<TestDaemon, 'dataDir'>): Tap {
  const password = join(dataDir, 'typed-password')
  writeFileSync(password, MASTER_PASSWORD, { mode: 0o600 })
  async function tap(id: string) {
    const said: string[] = []
    const spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation((text) => said.push(String(text)) > 0),
    )
    try {
      const words = ['tx', 'approve', id, '--yes', '--data-dir', dataDir, '--password-file', password]
      if ((await runProgram(words)) !== 0) throw new Error(said.join(''))
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }
  return { ...OPERATOR, tap }
}

type Scene = { world: World; wallet: TestWallet; by: Tap }
const unowned = async (tap: Tap | Promise<Tap>): Promise<Scene> => {
  const [by, wallet] = [await tap, await evm.wallet(daemon, { limit: ALL_WAIT })]
  return { world: evm, wallet, by }
}
async function owned(world: World, owner: TestOwner, taps: (owner: TestOwner) => Tap): Promise<Scene> {
  const wallet = await world.wallet(daemon, { limit: ALL_WAIT })
  await ownedBy(daemon, wallet.id, [owner])
  return { world, wallet, by: taps(owner) }
}
const signing = (owner: TestOwner) => ownerTaps(daemon.operator, owner)

const ways: Record<string, () => Promise<Scene>> = {
  'the operator': () => unowned(operatorTaps(daemon.operator)),
  'the operator at a terminal': () => unowned(commandTaps(daemon)),
  'the operator on the admin page': () => unowned(adminPageTaps(daemon, MASTER_PASSWORD)),
  'a paired user of Telegram': () => unowned(telegramTaps(daemon.operator, telegram, CHAT)),
  'an owner with a wallet on EVM networks': () => owned(evm, evmOwner(), signing),
  'an owner with a wallet on Solana': () => owned(solana, solanaOwner(randomBytes(32)), signing),
  'an owner on the approval page': () =>
    owned(evm, evmOwner(), (owner) => approvalPageTaps(new WAIaaSClient({ baseUrl: daemon.url }), owner)),
  async 'an owner with a passkey'() {
    const wallet = await evm.wallet(daemon, { limit: ALL_WAIT })
    const offer = { id: wallet.id, party: relyingPartyOf(PAGE)!, withdrawTo: evmOwner().address }
    const { person, code } = await acceptedInvitation(daemon.operator, offer)
    await daemon.operator.confirmOwner({ id: wallet.id, code })
    return { world: evm, wallet, by: signing(person) }
  },
}

test.each(Object.entries(ways))('what waits lands once %s taps, and stays answered', async (who, begin) => {
  const { world, wallet, by } = await begin()
  const { operator } = daemon
  const agent = daemon.agent(wallet.token)
  const to = world.newAddress()
  const amount = world.amount(1)
  const began = performance.now()
  const { id } = await agent.sendToken({ to, amount: String(amount), network: world.network })
  const tapped = by.tap(id)
  const status = async () => (await agent.getTransaction({ id })).status
  await Promise.all([tapped, until('it to land', async () => (await status()) === 'CONFIRMED', { everyMs: 10 })])
  times.push(`  ${who}: ${Math.round(performance.now() - began)} ms`)

  for (const late of [operator.adminRejectTransaction({ id }), operator.adminApproveTransaction({ id })])
    await expect(late).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
  const { data } = await operator.listAuditLogs({ wallet_id: wallet.id, limit: 100 })
  const answers = data.filter(({ txId, eventType }) => txId === id && /^TX_(APPROVED|REJECTED)$/.test(eventType))
  expect(answers).toMatchObject([{ eventType: 'TX_APPROVED', actor: by.actor, details: { channel: by.channel } }])
  expect(await world.balance(to)).toBe(amount)
})
