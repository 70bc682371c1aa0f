import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { setServerAhead, storedRows } from './support/backdate.ts'
import { auditIsWhole, finish, type Payment, pay, setScene } from './support/crash-scene.ts'
import { isAlive } from './support/daemon.ts'
import {
  elsewhere,
  endStop,
  endVoucher,
  fillGap,
  LIMIT,
  lapse,
  loseABlock,
  newPayment,
  purge,
  type Stage,
  sweepAgain,
  sweepAll,
  sweepWithoutFee,
  withToken,
} from './support/kill-deeds.ts'
import { type Deed, KILL_POINTS, REMOVALS, RETENTION_POINTS } from './support/kill-points.ts'
import { CRASH_SEED as SEED } from './support/seed.ts'
import { unsignedPayment } from './support/unsigned.ts'
import { until } from './support/until.ts'
import { evmWorld } from './support/worlds.ts'

const points = KILL_POINTS.flatMap(({ step, deed, when }) => when.map((each) => ({ deed, point: `${step}, ${each}` })))
/** All of them on SQLite; on PostgreSQL those of removals and some more, drawn by a seed, unless `npm run crash` wants all. */
const SAMPLE = process.env.WAIAAS_CRASH_KILLS ? points.length : 6
const rank = (text: string) => createHash('sha256').update(`${SEED} ${text}`).digest('hex')
const drawn = points.toSorted((a, b) => (rank(a.point) < rank(b.point) ? -1 : 1)).slice(0, SAMPLE)
const cases: readonly { engine: Engine; all: typeof points }[] = [
  { engine: 'sqlite', all: points },
  { engine: 'postgres', all: points.filter((one) => REMOVALS.includes(one.deed) || drawn.includes(one)) },
]

/** Above what runs at once, and worth 3,000 dollars. */
const WITH_APPROVAL = 15n * 10n ** 17n

function due(stage: Stage, amount?: bigint): Payment {
  const payment = newPayment(stage, amount)
  stage.payments.push(payment)
  return payment
}

const rowsOf = async ({ daemon, wallet }: Stage, status: 'QUEUED' | 'SUBMITTED') =>
  (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status, limit: 100 })).items

async function signMessage({ daemon, wallet, world, messages }: Stage, text: string): Promise<void> {
  const known = messages.get(text)
  messages.set(text, known)
  const { status, body } = await daemon.call<{ signature: string }>('POST', '/v1/transactions/sign-message', {
    as: wallet.token,
    headers: { 'idempotency-key': text },
    body: { message: text, network: world.network },
  })
  if (status !== 201 && status !== 200) throw new Error(`expected a signature, got ${status} ${JSON.stringify(body)}`)
  if (known && known !== body.signature) throw new Error(`${text} was signed as ${known} and then as ${body.signature}`)
  messages.set(text, body.signature)
}

/** What is asked of the daemon until it dies; no answer is a possible outcome. */
const DEEDS: Record<Deed, (stage: Stage) => Promise<unknown>> = {
  pay: (stage) => pay(stage, due(stage)),
  async 'pay from a new wallet'(stage) {
    // Its lane is one that nobody has had.
    await payElsewhere(stage, LIMIT)
  },
  'wait for its time': (stage) =>
    payElsewhere(stage, { ...LIMIT, instant_max_usd: 0, notify_max_usd: 0, delay_seconds: 1 }),
  async 'take back'(stage) {
    const { world, daemon } = stage
    const { scene, payment } = await elsewhere(stage, LIMIT)
    const id = () => payment.id!
    const cancel = () => daemon.operator.replaceTransaction({ id: id(), with: 'cancel' })
    const status = async () => (await daemon.operator.getTransaction({ id: id() })).status
    world.proxy.mode = 'lose-bytes'
    await pay(scene, payment)
    await until('it to be SUBMITTED', async () => (await status()) === 'SUBMITTED')
    stage.elsewhere.push({
      // It may have landed by then, or be taken back already.
      resume: () => cancel().catch(() => undefined),
      async check() {
        const end = await until('it to be over', async () => {
          await world.node.mine(1)
          return ['CONFIRMED', 'CANCELLED'].includes(await status()) && status()
        })
        expect(await world.balance(payment.to)).toBe(end === 'CONFIRMED' ? payment.amount : 0n)
      },
    })
    await until('a cancel to be taken', () => cancel().then(() => true, isGone))
  },
  async 'send a plan'(stage) {
    const { world, daemon, made } = stage
    const { scene, payment } = await elsewhere(stage, LIMIT)
    const tos = [payment.to, world.newAddress()]
    let known: string | undefined
    const send = async () => {
      const { status, body } = await daemon.call<{ id: string }>('POST', '/v1/transactions/plan', {
        as: scene.wallet.token,
        headers: { 'idempotency-key': `plan-${made}` },
        body: { steps: tos.map((to) => ({ to, value: String(payment.amount) })), network: world.network },
      })
      expect(status).toBe(201)
      known ??= body.id
      expect(body.id).toBe(known)
    }
    stage.elsewhere.push({
      resume: send,
      check: () =>
        Promise.all(tos.map((to) => until('a step', async () => (await world.balance(to)) === payment.amount))),
    })
    await send()
  },
  async 'sign for the caller to send'(stage) {
    const { world, daemon } = stage
    const { scene, payment } = await elsewhere(stage, LIMIT)
    const transaction = await unsignedPayment(world, { to: payment.to, value: payment.amount })
    const sign = () =>
      daemon.call<{ signedTransaction: string }>('POST', '/v1/transactions/sign', {
        as: scene.wallet.token,
        headers: { 'idempotency-key': payment.key },
        body: { transaction, network: world.network },
      })
    let signed: string | undefined
    stage.elsewhere.push({
      async resume() {
        if (signed !== undefined) return
        const { body } = await sign()
        signed = body.signedTransaction
        await world.node.rpc('eth_sendRawTransaction', [signed])
      },
      async check() {
        await until('it to land', async () => {
          if ((await world.balance(payment.to)) === payment.amount) return true
          // The node forgets what has become too cheap, and knows the rest.
          await world.node.rpc('eth_sendRawTransaction', [signed]).catch(() => undefined)
          return false
        })
        expect((await sign()).body.signedTransaction).toBe(signed)
      },
    })
    await sign()
  },
  async approve(stage) {
    await pay(stage, due(stage, WITH_APPROVAL))
    await approveAll(stage)
  },
  async cancel(stage) {
    const payment = newPayment(stage, WITH_APPROVAL)
    await pay(stage, payment)
    stage.cancelled.push(payment)
    await cancelAll(stage)
  },
  async 'speed up'(stage) {
    stage.world.proxy.mode = 'lose-bytes'
    const payment = due(stage)
    await pay(stage, payment)
    await until('it to be SUBMITTED', async () => (await rowsOf(stage, 'SUBMITTED')).length > 0)
    await until('a speed-up to be taken', async () => {
      const asked = stage.daemon.operator.replaceTransaction({ id: payment.id!, with: 'speed-up' })
      return asked.then(() => true, isGone)
    })
  },
  async 'wait for gas'(stage) {
    const { world, daemon } = stage
    await until('a payment to wait for gas', async () => {
      // It falls to that within some blocks.
      await world.node.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${(40n * 10n ** 9n).toString(16)}`])
      await world.node.mine(1)
      const payment = due(stage)
      payment.more = { gasCondition: { maxGasPrice: '10 gwei' } }
      await pay(stage, payment)
      const status = await until('it to be looked at', async () => {
        const row = await daemon.operator.getTransaction({ id: payment.id! })
        return row.status !== 'PENDING' && row.status
      })
      return status === 'GAS_WAITING'
    })
  },
  'sign a message': (stage) => {
    stage.made += 1
    return signMessage(stage, `message-${stage.made}`)
  },
  'leave a gap': fillGap,
  'wait for nobody': lapse,
  'let a stop end': endStop,
  'let a permit end': endVoucher,
  'lose a block': loseABlock,
  sweep: sweepAll,
  'sweep without a fee': sweepWithoutFee,
  'sweep again': sweepAgain,
  purge,
  async suspend(stage) {
    const payment = newPayment(stage, WITH_APPROVAL)
    await pay(stage, payment)
    stage.cancelled.push(payment)
    // What was asked for earlier and has not left is ended by the suspension too.
    for (const { id } of stage.payments) if (id !== undefined) await haveLeft(stage, id)
    await stage.daemon.operator.suspendWallet({ id: stage.wallet.id })
  },
}
const haveLeft = ({ daemon }: Stage, id: string) =>
  until(`${id} to have left`, async () =>
    ['SUBMITTED', 'CONFIRMED'].includes((await daemon.operator.getTransaction({ id })).status),
  )

async function payElsewhere(stage: Stage, limit: Record<string, unknown>): Promise<void> {
  const { scene, payment } = await elsewhere(stage, limit)
  const { key, to, amount } = payment
  stage.elsewhere.push({
    resume: () => pay(scene, payment),
    check: () => until(`${key} to land`, async () => (await stage.world.balance(to)) === amount),
  })
  await pay(scene, payment)
}
const isGone = (error: unknown) =>
  error instanceof Error && /fetch failed|ECONN|socket/i.test(`${error} ${error.cause}`)

async function approveAll(stage: Stage): Promise<void> {
  for (const { id } of await rowsOf(stage, 'QUEUED')) await stage.daemon.operator.adminApproveTransaction({ id })
}
async function cancelAll(stage: Stage): Promise<void> {
  const open = new Set((await rowsOf(stage, 'QUEUED')).map(({ id }) => id))
  for (const { id } of stage.cancelled)
    if (open.has(id!)) await stage.daemon.call('POST', `/v1/transactions/${id}/cancel`, { as: stage.wallet.token })
}

/** Kills the daemon at a point, starts it again, and takes up what was left there. */
async function killAt(stage: Stage, killAt: string, { deed, point }: (typeof points)[number]): Promise<void> {
  const { daemon, world, wallet } = stage
  const [pid, signer] = [daemon.pid(), daemon.signerPid()]
  writeFileSync(killAt, point)
  let answer: unknown
  const asked = DEEDS[deed](stage).catch((error: unknown) => {
    answer = error
  })
  await until(`the daemon to die at: ${point}`, () => !isAlive(pid)).catch((error: unknown) => {
    throw new Error(`${error}; what was asked for ended with: ${answer}`)
  })
  writeFileSync(killAt, '')
  world.proxy.mode = 'pass'
  await daemon.kill()
  await asked
  await until('its signer to end', () => !isAlive(signer))
  await daemon.restart()
  if ((await daemon.operator.getWallet({ id: wallet.id })).status === 'SUSPENDED')
    await daemon.operator.resumeWallet({ id: wallet.id })
  await cancelAll(stage)
  await approveAll(stage)
  for (const text of stage.messages.keys()) await signMessage(stage, text)
  for (const { resume } of stage.elsewhere) await resume()
}

test.each(cases)(
  `killed at each step of a payment, a daemon on $engine makes each once, tells the truth and counts exactly (seed ${SEED})`,
  { timeout: 900_000 },
  async ({ engine, all }) => {
    const folder = mkdtempSync(join(tmpdir(), 'waiaas-kill-'))
    const file = join(folder, 'point')
    writeFileSync(file, '')
    const world = await evmWorld({ blockTime: 0.25 })
    const { token, env } = await withToken(world)
    const scene = await setScene(engine, world, 0, { limit: LIMIT, killable: true, env: { ...env, KILL_AT: file } })
    const stage: Stage = { ...scene, world, cancelled: [], messages: new Map(), made: 0, elsewhere: [], token }
    try {
      const rules = { walletId: stage.wallet.id, type: 'SIGN_MESSAGE_RULES', rules: { personal: 'INSTANT' } } as const
      await stage.daemon.operator.createPolicy(rules)
      // Sweeps send what a list has.
      const listed = { network: world.network, address: token, symbol: 'USD', name: 'Test USD', decimals: 6 }
      await stage.daemon.operator.addToken(listed)
      const before = await world.balance(stage.wallet.address)
      for (const one of all) await killAt(stage, file, one)
      await finish(stage, before)
      for (const { check } of stage.elsewhere) await check()
      for (const { id, to } of stage.cancelled) {
        expect((await stage.daemon.operator.getTransaction(id!)).status).toBe('CANCELLED')
        expect(await world.balance(to)).toBe(0n)
      }
      await auditIsWhole(stage)
    } finally {
      await stage.daemon.stop()
      await world.stop()
      rmSync(folder, { recursive: true })
    }
  },
)

test.each(cases)(
  'killed while it removes what has had its time, a daemon on $engine removes all of that, and nothing else',
  {
    timeout: 300_000,
  },
  async ({ engine }) => {
    const folder = mkdtempSync(join(tmpdir(), 'waiaas-kill-'))
    const [point, days] = ['point', 'days'].map((name) => join(folder, name)) as [string, string]
    writeFileSync(point, '')
    writeFileSync(days, '0')
    const world = await evmWorld({ blockTime: 0.25 })
    const env = { KILL_AT: point, KILL_DAYS_AT: days }
    const scene = await setScene(engine, world, 1, { limit: { ...LIMIT, daily_limit_usd: 2_000 }, killable: true, env })
    const { daemon, wallet, payments } = scene
    try {
      const [payment] = payments
      await pay(scene, payment!)
      const id = payment!.id!
      const shown = () => daemon.operator.getTransaction({ id })
      await until('it to be final', async () => {
        return (await storedRows(daemon, "select 1 from attempts where state = 'final'")).length > 0
      })
      const ended = await daemon.operator.createSession({ walletId: wallet.id })
      await daemon.operator.revokeSession({ id: ended.id })
      const { body } = await daemon.call<{ details: { transactionId: string } }>('POST', '/v1/transactions/send', {
        as: wallet.token,
        body: { to: world.newAddress(), amount: String(2n * world.unit), network: world.network },
      })
      const refused = body.details.transactionId
      expect((await daemon.operator.getTransaction({ id: refused })).status).toBe('CANCELLED')
      const before = await shown()

      await daemon.terminate()
      writeFileSync(days, '91')
      if (engine === 'postgres') await setServerAhead(daemon, 91)
      for (const { step, when } of RETENTION_POINTS) {
        for (const each of when) {
          writeFileSync(point, `${step}, ${each}`)
          // It may be dead before it listens.
          const end = await daemon.restart().then(() => undefined, String)
          if (end !== undefined) {
            expect(end).toContain('ended with null')
            continue
          }
          const pid = daemon.pid()
          await until(`the daemon to die at: ${step}, ${each}`, () => !isAlive(pid))
          await daemon.kill()
        }
      }
      writeFileSync(point, '')
      await daemon.restart()
      const after = await until('its texts to be gone', async () => {
        const now = await shown()
        return now.removed && now
      })
      const gone = { removed: undefined, effects: null, summary: null, deeds: null }
      expect({ ...after, removed: undefined }).toEqual({ ...before, ...gone })
      const { status } = await daemon.call('GET', `/v1/admin/transactions/${refused}`, { as: 'operator' })
      expect(status).toBe(404)
      const sessions = await daemon.operator.listSessions({ limit: 100 })
      expect(JSON.stringify(sessions)).not.toContain(ended.id)
      expect(await world.balance(payment!.to)).toBe(payment!.amount)
      await auditIsWhole(scene)
    } finally {
      await daemon.stop()
      await world.stop()
      rmSync(folder, { recursive: true })
    }
  },
)
