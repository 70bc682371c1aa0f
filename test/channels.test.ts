import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Card, cardText, NETWORKS } from '@waiaas/contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { runPage } from './support/page-commands.ts'
import { type Sent, startTelegram, type Telegram } from './support/telegram-api.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

/** A human decides on everything. */
const LIMIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0, approval_timeout: 3_600 }
/** Nobody answers for another network, and nobody else is asked. */
const ALONE = {
  WAIAAS_RPC_ALLOW_FOREIGN_GENESIS: 'true',
  ...Object.fromEntries(
    NETWORKS.map(({ setting }) => [`WAIAAS_RPC_${setting.toUpperCase()}`, 'http://127.0.0.1:9'] as const),
  ),
}
const [ALICE, LOOKER, STRANGER] = [1_001, 1_002, 6_666]

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let telegram: Telegram
beforeAll(async () => {
  world = await evmWorld({ blockTime: 0.1 })
  daemon = await startTestDaemon({ env: { ...world.env, ...ALONE } })
  wallet = await world.wallet(daemon, { limit: LIMIT })
  await daemon.operator.updateSettings({ settings: [{ key: 'server.public_url', value: daemon.url }] })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})
beforeEach(async () => {
  telegram = await startTelegram()
  await daemon.operator.pairTelegramUser({ chatId: String(ALICE), role: 'ADMIN' })
  await daemon.operator.pairTelegramUser({ chatId: String(LOOKER), role: 'READONLY' })
  await connect(telegram.token)
})
afterEach(async () => {
  await connect('')
  await telegram.stop()
})

const connect = (token: string, { url } = telegram) =>
  daemon.operator.updateSettings({
    settings: [
      { key: 'telegram.api_root', value: url },
      { key: 'telegram.bot_token', value: token },
    ],
  })
async function ask(): Promise<string> {
  const sent = await daemon
    .agent(wallet.token)
    .sendToken({ to: world.newAddress(), humanAmount: '0.001', network: world.network })
  return (sent as unknown as { id: string }).id
}
const cardOf = (id: string): Promise<Card> => daemon.operator.getCard({ id })
const statusOf = async (id: string) => (await daemon.operator.getTransaction({ id })).status
/** The messages to one person that say this, the newest last. */
const said = (to: number, part: string): Sent | undefined =>
  telegram.sent.filter(({ chat, text }) => chat === to && text.includes(part)).at(-1)
const hears = (to: number, part: string): Promise<Sent> => telegram.when(() => said(to, part))
const button = ({ buttons }: Sent, verb: string) => buttons.find(({ text }) => text.startsWith(verb))!.callback_data
const eventOf = async (id: string, event: string) =>
  (await daemon.operator.listAuditLogs({ limit: 200 })).data.find((row) => row.txId === id && row.eventType === event)

/** How a person uses one channel: what they see of what waits, and how they answer it. */
type Way = {
  readonly channel: string
  /** Its lines. */
  see(id: string): Promise<string[]>
  reject(id: string): Promise<unknown>
  /** Undefined: this channel approves nothing. */
  approve?(id: string): Promise<unknown>
}
const linkOf = async (id: string) => (await cardOf(id)).link!
const SIGNS = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
const plain = (html: string) => html.replaceAll(/&(lt|gt|quot|#39|amp);/g, (sign) => SIGNS[sign as keyof typeof SIGNS])
const tapped = async (id: string, verb: string) => {
  const { code } = await cardOf(id)
  const shown = await hears(ALICE, code)
  const before = telegram.toasts.length
  telegram.taps(ALICE, `${verb}:${id}:${code}`, { message: shown.id })
  await telegram.when(() => telegram.toasts.length > before)
}
const WAYS: readonly Way[] = [
  {
    channel: 'rest',
    see: async (id) => cardText(await cardOf(id)).split('\n'),
    reject: async (id) => daemon.operator.adminRejectTransaction({ id, code: (await cardOf(id)).code }),
    approve: async (id) => daemon.operator.adminApproveTransaction({ id, code: (await cardOf(id)).code }),
  },
  {
    channel: 'link',
    async see(id) {
      const page = await (await fetch(await linkOf(id))).text()
      return [...page.matchAll(/<(?:h1|li)>(.*?)<\/(?:h1|li)>/g)].map(([, line]) => plain(line!))
    },
    reject: async (id) => fetch(await linkOf(id), { method: 'POST' }),
  },
  {
    channel: 'telegram',
    see: async (id) => (await hears(ALICE, (await cardOf(id)).code)).text.split('\n'),
    reject: (id) => tapped(id, 'r'),
    approve: (id) => tapped(id, 'a'),
  },
]

/** How many minutes are left, and what the worst case comes to, is told as they are at the moment. */
const withoutNow = (line: string): string =>
  line.replace(/^(It ends unanswered at) .*/, '$1').replace(/^(Approving it) .* (your worst case) .*/, '$1 moves $2')

describe.each(WAYS)('over $channel', ({ channel, see, reject, approve }) => {
  test('a person sees each line of the card, in its order', async () => {
    const id = await ask()
    const seen = (await see(id)).map(withoutNow)
    const told = cardText(await cardOf(id))
      .split('\n')
      .map(withoutNow)
    expect(seen.filter((line) => told.includes(line))).toEqual(told)
    await daemon.operator.adminRejectTransaction({ id })
  })

  test('a rejection ends it, and the log says over which channel', async () => {
    const id = await ask()
    await reject(id)
    await until('it to end', async () => (await statusOf(id)) === 'CANCELLED')
    expect(await eventOf(id, 'TX_REJECTED')).toMatchObject({ details: { channel } })
  })

  test('what is approved lands, where the channel approves at all', async () => {
    const id = await ask()
    await approve?.(id)
    if (approve) await until('it to land', async () => (await statusOf(id)) === 'CONFIRMED')
    else expect(await statusOf(id)).toBe('QUEUED')
    if (!approve) await daemon.operator.adminRejectTransaction({ id })
  })

  test('what was answered elsewhere meanwhile stays as it is', async () => {
    const id = await ask()
    if (channel !== 'rest') await see(id)
    const link = await linkOf(id)
    await daemon.operator.adminApproveTransaction({ id })
    if (channel === 'link') expect((await fetch(link, { method: 'POST' })).status).toBeGreaterThanOrEqual(400)
    else
      await Promise.resolve(reject(id)).catch(({ code }) =>
        expect(code).toMatch(/TX_ALREADY_PROCESSED|APPROVAL_NOT_FOUND/),
      )
    await until('it to land', async () => (await statusOf(id)) === 'CONFIRMED')
  })
})

test('a link that is opened changes nothing, and one that was changed, is over or of another daemon shows nothing', async () => {
  const [id, other] = [await ask(), await ask()]
  const [link, second] = [await linkOf(id), await linkOf(other)]
  for (let time = 0; time < 3; time++) {
    const page = await fetch(link)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
  }
  expect(await statusOf(id)).toBe('QUEUED')
  const [end = '', mac = ''] = link.split('.').slice(-2)
  const head = link.slice(0, link.length - `${end}.${mac}`.length)
  const longer = (Number.parseInt(end, 36) + 1).toString(36)
  const forged = [
    `${head}${longer}.${mac}`,
    `${head}${end}.${mac.slice(0, -2)}${mac.endsWith('AA') ? 'BB' : 'AA'}`,
    `${second.slice(0, second.lastIndexOf('.'))}.${mac}`,
    `${link}x`,
    link.slice(0, -1),
    `${new URL(link).origin}/card/x`,
  ]
  for (const address of forged)
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(address, { method })
      expect([answer.status, (await answer.text()).includes(wallet.address)], address).toEqual([404, false])
    }
  expect(await statusOf(id)).toBe('QUEUED')
  for (const method of ['PUT', 'DELETE']) expect((await fetch(link, { method })).status).toBe(404)
  await fetch(link, { method: 'POST' })
  expect(await statusOf(id)).toBe('CANCELLED')
  expect((await fetch(link, { method: 'POST' })).status).toBe(409)
  expect((await daemon.agent(wallet.token).getCard({ id: other })).link).toBeNull()
  await daemon.operator.adminRejectTransaction({ id: other })
})

test('what waits is told at once, whole, and a tap lets it land', async () => {
  const id = await ask()
  const card = await cardOf(id)
  const [mine, theirs] = await Promise.all([hears(ALICE, card.code), hears(LOOKER, card.code)])
  for (const { text } of [mine, theirs])
    expect(text.split('\n').map(withoutNow)).toEqual(expect.arrayContaining(card.lines.map(withoutNow)))
  expect(mine.text.split('\n')[0]).toBe(card.title)
  expect(theirs.buttons).toEqual([])
  telegram.taps(ALICE, button(mine, 'Approve'), { message: mine.id })
  await until('it to land', async () => (await statusOf(id)) === 'CONFIRMED', { everyMs: 20 })
  await hears(ALICE, `Approved ${card.code}`)
  expect(said(ALICE, card.code)!.buttons).toEqual([])
  expect(await eventOf(id, 'TX_APPROVED')).toMatchObject({
    actor: `telegram:${ALICE}`,
    details: { channel: 'telegram' },
  })
})

test('a tap that comes again, late or out of order changes nothing', async () => {
  const id = await ask()
  const { code } = await cardOf(id)
  const shown = await hears(ALICE, code)
  const rejection = telegram.taps(ALICE, button(shown, 'Reject'), { message: shown.id })
  await hears(ALICE, `Rejected ${code}`)
  const before = telegram.toasts.length
  telegram.replay(rejection)
  telegram.taps(
    ALICE,
    button({ ...shown, buttons: [{ text: 'Approve', callback_data: `a:${id}:${code}` }] }, 'Approve'),
  )
  await telegram.when(() => telegram.toasts.length >= before + 2)
  expect(telegram.toasts.slice(before).every((text) => text.startsWith('Not done'))).toBe(true)
  expect(await statusOf(id)).toBe('CANCELLED')
})

test('nobody answers who is not paired, may only look, is in a group, or taps what was never shown', async () => {
  const id = await ask()
  const { code } = await cardOf(id)
  await hears(ALICE, code)
  const approve = `a:${id}:${code}`
  const group = { id: -500, type: 'group', title: 'friends' }
  const before = telegram.toasts.length
  telegram.taps(STRANGER, approve)
  telegram.taps(LOOKER, approve)
  telegram.taps(ALICE, approve, { chat: group })
  telegram.taps(ALICE, approve, { chat: { id: STRANGER, type: 'private', first_name: 'x' } })
  telegram.taps(ALICE, `a:${id}:AAAA-AAAA`)
  telegram.taps(ALICE, 'a:../../admin:AAAA-AAAA')
  telegram.taps(LOOKER, 'k:0')
  await telegram.when(() => telegram.toasts.length >= before + 7)
  expect(await statusOf(id)).toBe('QUEUED')
  const count = telegram.sent.length
  telegram.says(ALICE, '/pending', { chat: group })
  telegram.says(STRANGER, '/pending')
  telegram.says(STRANGER, '/start')
  expect((await hears(STRANGER, 'Your number is')).text).toContain(`waiaas telegram pair ${STRANGER} --role ADMIN`)
  expect(telegram.sent.slice(count)).toHaveLength(1)
  await daemon.operator.adminRejectTransaction({ id })
})

test('all that waits is listed, and a tap shows its card', async () => {
  const id = await ask()
  const card = await cardOf(id)
  await hears(ALICE, card.code)
  telegram.says(ALICE, '/pending')
  const list = await hears(ALICE, `1. ${card.title}`)
  const count = telegram.sent.length
  telegram.taps(ALICE, button(list, `1. Show ${card.code}`), { message: list.id })
  const shown = await telegram.when(() => telegram.sent.slice(count).find(({ text }) => text.startsWith(card.title)))
  expect(shown.text).toContain(`Code ${card.code}`)
  telegram.says(ALICE, '/status')
  expect((await hears(ALICE, 'The wallet runs.')).text).toMatch(/Waiting: \d+/)
  await daemon.operator.adminRejectTransaction({ id })
})

test('the kill switch asks first, and an old question stops nothing', async () => {
  telegram.says(LOOKER, '/killswitch')
  await hears(LOOKER, 'You may look')
  telegram.says(ALICE, '/killswitch')
  const asked = await hears(ALICE, 'Stop everything?')
  const yes = button(asked, 'Yes')
  telegram.taps(ALICE, yes, { message: asked.id })
  await hears(ALICE, 'All is stopped')
  expect(await daemon.operator.getKillSwitch()).toMatchObject({ state: 'SUSPENDED', activatedBy: `telegram:${ALICE}` })
  await daemon.operator.recoverKillSwitch()
  const before = telegram.toasts.length
  telegram.taps(ALICE, 'k:0')
  telegram.taps(ALICE, yes)
  await telegram.when(() => telegram.toasts.length >= before + 2)
  expect(await daemon.operator.getKillSwitch()).toMatchObject({ state: 'ACTIVE' })
})

test('while Telegram is away payments go on, and what waits is told once it is back', async () => {
  telegram.mode = 'down'
  const id = await ask()
  const other = await ask()
  await daemon.operator.adminApproveTransaction({ id: other })
  await until('it to land', async () => (await statusOf(other)) === 'CONFIRMED')
  const { code } = await cardOf(id)
  expect(said(ALICE, code)).toBeUndefined()
  telegram.mode = 'up'
  await hears(ALICE, code)
  await daemon.operator.adminRejectTransaction({ id })
})

test('settings that are corrected while Telegram does not answer count', async () => {
  const away = await startTelegram()
  onTestFinished(() => away.stop())
  away.mode = 'down'
  await connect(away.token, away)
  await away.when(() => away.asked.includes('getMe'))
  await connect(telegram.token)
  const id = await ask()
  await tapped(id, 'r')
  expect(await statusOf(id)).toBe('CANCELLED')
})

test('who has blocked the bot keeps nobody else from hearing of it', async () => {
  telegram.blocked.add(LOOKER)
  const id = await ask()
  await hears(ALICE, (await cardOf(id)).code)
  await daemon.operator.adminRejectTransaction({ id })
})

test('who is unpaired is told nothing more, and can do nothing', async () => {
  await daemon.operator.unpairTelegramUser({ chatId: String(ALICE) })
  expect(await daemon.operator.listTelegramUsers()).toMatchObject({ total: 1, users: [{ chat_id: LOOKER }] })
  const id = await ask()
  const { code } = await cardOf(id)
  await hears(LOOKER, code)
  const before = telegram.toasts.length
  telegram.taps(ALICE, `a:${id}:${code}`)
  await telegram.when(() => telegram.toasts.length > before)
  expect(await statusOf(id)).toBe('QUEUED')
  expect(said(ALICE, code)).toBeUndefined()
  await daemon.operator.adminRejectTransaction({ id })
  await expect(daemon.operator.unpairTelegramUser({ chatId: String(ALICE) })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a long card comes in several messages and loses no line', async () => {
  const steps = Array.from({ length: 20 }, () => ({ to: world.newAddress(), value: '1000' }))
  const sent = await daemon
    .agent(wallet.token)
    .sendPlan({ network: world.network, steps } as never, { idempotencyKey: 'long-plan' })
  const { steps: made } = await daemon.operator.getPlan({ id: (sent as unknown as { id: string }).id })
  const card = await cardOf(made[0]!.id)
  expect(cardText(card).length).toBeGreaterThan(4_096)
  await hears(ALICE, `Code ${card.code}`)
  const heard = telegram.sent.filter(({ chat }) => chat === ALICE).map(({ text }) => text)
  for (const { to } of steps) expect(heard.join('\n').toLowerCase()).toContain(to)
  await daemon.operator.adminRejectTransaction({ id: made[0]!.id })
})

test('the commands of the page run as they stand there', async () => {
  await daemon.operator.createWallet({ name: 'shop', chain: 'ethereum' })
  const file = join(daemon.dataDir, 'token.txt')
  writeFileSync(file, telegram.token, { mode: 0o600 })
  const run = await runPage(daemon, 'docs/human-control.md', async (command) => {
    const put = command.replace('token.txt', file).replace('<id>', command.includes('<id>') ? await ask() : '')
    // Where there is no terminal nobody is asked.
    return command.startsWith('waiaas tx approve <id>') ? `${put} --yes` : put
  })
  expect(run.length).toBeGreaterThan(9)
  expect((await daemon.operator.getOwner({ id: 'shop' })).ownerState).toBe('GRACE')
})
