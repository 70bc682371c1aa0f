import { type Card, cardText, NETWORKS } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { lookalikeOf, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

/** Above ten dollars a human decides; ether costs 2,000. */
const LIMIT = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10, approval_timeout: 600 }
const [SMALL, LARGE] = ['0.001', '0.05']

/** Nobody answers for another network, and nobody else is asked. */
const ALONE = {
  WAIAAS_RPC_ALLOW_FOREIGN_GENESIS: 'true',
  ...Object.fromEntries(
    NETWORKS.map(({ setting }) => [`WAIAAS_RPC_${setting.toUpperCase()}`, 'http://127.0.0.1:9'] as const),
  ),
}

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
beforeAll(async () => {
  world = await evmWorld({ blockTime: 0.25 })
  daemon = await startTestDaemon({ env: { ...world.env, ...ALONE } })
  wallet = await world.wallet(daemon, { limit: LIMIT })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const agent = () => daemon.agent(wallet.token)
async function ask(humanAmount: string, more: Record<string, unknown> = {}): Promise<{ id: string; to: string }> {
  const to = world.newAddress()
  const sent = await agent().sendToken({ to, humanAmount, network: world.network, ...more } as never)
  return { id: String((sent as unknown as { id: string }).id), to: String(more.to ?? to) }
}
const cardOf = (id: string): Promise<Card> => daemon.operator.getCard({ id })
const landed = (id: string) =>
  until(`${id} to be final`, async () => {
    await world.finalise()
    return (await daemon.operator.getTransaction({ id })).status === 'CONFIRMED'
  })

test('a card says all that a person has to know, and each of it in its lines', async () => {
  const { id, to } = await ask(LARGE, { labels: { task: 'invoice-7' }, memo: 'for tea' })
  const card = await cardOf(id)
  const text = cardText(card)
  expect(card).toMatchObject({
    ...{ id, planId: null, walletId: wallet.id, status: 'QUEUED', tier: 'APPROVAL', resumes: true, link: null },
    amounts: [{ symbol: 'ETH', humanAmount: LARGE, usd: 100, unlimited: false }],
    recipients: [{ standing: 'new', looksLike: null }],
    asked: { sessionId: wallet.sessionId, labels: { task: 'invoice-7' } },
    reasons: ['100 USD is above 10 USD, the most that goes without an approval.'],
    worstCase: expect.stringMatching(/^(raises|leaves) your worst case/),
    code: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/),
  })
  expect(card.expiresAt! * 1_000).toBeGreaterThan(Date.now())
  expect(card.title).toMatch(/^Approve\? Pays 0\.05 ETH to 0x/)
  for (const part of [
    ...[`Pays ${LARGE} ETH to`, 'Worth 100 USD in all', wallet.address, 'Fee: at most', `session ${wallet.sessionId}`],
    ...['task: invoice-7', 'for tea', 'Why it waits: ', 'Approving it ', 'It ends unanswered at', `Code ${card.code}`],
    ...['new, no payment to it is final yet', 'Once the operator has approved it, it goes on by itself'],
  ])
    expect(text).toContain(part)
  expect(text.toLowerCase()).toContain(to)
  for (const each of [...card.warnings, ...card.reasons.map((reason) => `Why it waits: ${reason}`)])
    expect(card.lines).toContain(each)
})

test('a session that the operator has named is called by its name', async () => {
  const labels = { name: 'Invoices', team: 'ops' }
  const { id: sessionId, token } = await daemon.operator.createSession({ walletId: wallet.id, labels })
  const to = world.newAddress()
  const sent = await daemon.agent(token).sendToken({ to, humanAmount: LARGE, network: world.network } as never)
  const { asked } = await cardOf(String((sent as unknown as { id: string }).id))
  expect(asked.by).toBe(`"Invoices", session ${sessionId} (team:ops)`)
})

test('an agent is shown the same card without the worst case, and nothing that answers it', async () => {
  const { id } = await ask(LARGE)
  const [own, full] = await Promise.all([agent().getCard({ id }), cardOf(id)])
  expect(own).not.toHaveProperty('worstCase')
  expect(own.link).toBeNull()
  expect(own.code).toBe(full.code)
  expect(own.lines).toEqual(full.lines.filter((line) => !line.startsWith('Approving it ')))
  const other = await world.wallet(daemon, { limit: LIMIT })
  await expect(daemon.agent(other.token).getCard({ id })).rejects.toMatchObject({ code: 'TX_NOT_FOUND' })
})

test('who has had something of worth is known, next to nothing makes nobody known, and look-alikes are told', async () => {
  const paid = await ask(SMALL)
  await landed(paid.id)
  const standing = async (to: string) => (await cardOf((await ask(LARGE, { to })).id)).recipients[0]!.standing
  await until('it to be known', async () => (await standing(paid.to)) === 'known')
  const nothing = await ask('0.000000000000000001')
  await landed(nothing.id)
  expect(await standing(nothing.to)).toBe('new')

  const alike = lookalikeOf(paid.to)
  const { id } = await ask(LARGE, { to: alike })
  const card = await cardOf(id)
  expect(card.recipients).toMatchObject([{ standing: 'look-alike' }])
  expect(card.recipients[0]!.looksLike!.toLowerCase()).toBe(paid.to)
  expect(card.lines[0]).toContain('is another address. Compare every sign of it.')
})

test('what whoever asks has written stays within its own line', async () => {
  const memo = 'thanks" Code AAAA-AAAA | Recipient 0x0: known, since 2020-01-01 00:00 UTC'
  const { id } = await ask(LARGE, { memo })
  const card = await cardOf(id)
  for (const line of card.lines) expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
  expect(card.lines.filter((line) => line.startsWith('Code '))).toEqual([`Code ${card.code}`])
  expect(card.lines.filter((line) => line.startsWith('Recipient '))).toHaveLength(1)
  expect(card.lines).toContain(`Memo, as its sender has written it: "${memo}"`)
})

const askedToSign = (input: object): Promise<string> =>
  agent()
    .signMessage({ network: world.network, ...input } as never)
    .then(
      () => Promise.reject(new Error('expected it to wait')),
      (error) => String(error.details.id),
    )

test('what is signed as a text or as typed data is shown whole, each line of it marked', async () => {
  const card = await cardOf(await askedToSign({ message: 'I agree\nCode AAAA-AAAA\nto all of it' }))
  const at = card.lines.indexOf('The text that is signed:')
  expect(card.lines.slice(at, at + 4)).toEqual([
    'The text that is signed:',
    '| I agree',
    '| Code AAAA-AAAA',
    '| to all of it',
  ])
  expect(card.lines.filter((line) => line.startsWith('Code '))).toEqual([`Code ${card.code}`])
})

test('a plan has one card for the whole, and one answer lets all of it go on', async () => {
  const steps = [1, 2].map(() => ({ to: world.newAddress(), value: '30000000000000000' }))
  const sent = await agent().sendPlan({ network: world.network, steps } as never, { idempotencyKey: 'a-plan' })
  const { steps: made } = await daemon.operator.getPlan({ id: 'id' in sent ? sent.id : '' })
  const [first, second] = await Promise.all(made.map(({ id }) => cardOf(id)))
  expect(first!.title).toBe('Approve? A plan of 2 steps')
  expect(second).toMatchObject({ id: first!.id, code: first!.code, digest: first!.digest })
  for (const { to } of steps) expect(cardText(first!).toLowerCase()).toContain(to)
  expect(cardText(first!)).toContain('Worth 120 USD in all')
  await daemon.operator.adminApproveTransaction({ id: first!.id, code: first!.code })
  for (const { id } of made) await landed(id)
})

test('an answer to another card than that of what waits is none', async () => {
  const [one, two] = [await ask(LARGE), await ask(LARGE)]
  const { code } = await cardOf(two.id)
  for (const answer of [daemon.operator.adminApproveTransaction, daemon.operator.adminRejectTransaction])
    await expect(answer({ id: one.id, code })).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
  expect((await cardOf(one.id)).status).toBe('QUEUED')
  await daemon.operator.adminRejectTransaction({ id: two.id, code })
  await daemon.operator.adminApproveTransaction({ id: one.id, code: (await cardOf(one.id)).code })
  await landed(one.id)
  const over = await cardOf(two.id)
  expect(over.title).toMatch(/^CANCELLED: /)
  expect(over.lines).toContain('It was cancelled.')
})

test('all that waits is listed with its card, newest first', async () => {
  const { id } = await ask(LARGE)
  const { items } = await daemon.operator.listWaiting({ walletId: wallet.id })
  const { worstCase: _, lines, ...whole } = await cardOf(id)
  expect(items[0]).toEqual({ ...whole, lines: lines.filter((line) => !line.startsWith('Approving it ')) })
  expect(items.every(({ status }) => status === 'QUEUED')).toBe(true)
})

test('a card comes also while no node answers, and says what is not known', async () => {
  const { id } = await ask(LARGE)
  world.proxy.mode = 'away'
  try {
    const card = await cardOf(id)
    expect(card.lines.some((line) => line.startsWith('Approving it '))).toBe(true)
  } finally {
    world.proxy.mode = 'pass'
  }
})
