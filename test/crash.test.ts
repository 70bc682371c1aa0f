import { describe, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { auditIsWhole, finish, type Payment, pay, type Scene, setScene } from './support/crash-scene.ts'
import { until } from './support/until.ts'
import { evmWorld, solanaWorld, type World } from './support/worlds.ts'

const REQUESTS = 100

/** Resolves when the process is to be killed; the sends run meanwhile. */
type Moment = { name: string; before?(scene: Scene): Promise<void> | void; reached(scene: Scene): Promise<unknown> }

/** Answers beside that to the first transfer, which was over before. */
const answered = (payments: readonly Payment[]) => payments.slice(1).filter(({ id }) => id !== undefined).length
const statuses = async ({ daemon, wallet }: Scene, status: 'EXECUTING' | 'SUBMITTED' | 'CONFIRMED') =>
  (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status })).total

const afterAnswers = (count: number): Moment => ({
  name: `after ${count} of ${REQUESTS} answers`,
  reached: ({ payments }) => until(`${count} answers`, () => answered(payments) >= count, { everyMs: 1 }),
})
const whileExecuting: Moment = {
  name: 'while requests are EXECUTING and the signer has not answered',
  before: ({ daemon }) => void process.kill(daemon.signerPid(), 'SIGSTOP'),
  reached: (scene) => until('EXECUTING', async () => (await statuses(scene, 'EXECUTING')) > 0),
}
const whileLeaving: Moment = {
  name: 'while the first bytes are on their way, which are lost',
  before({ world }) {
    world.proxy.mode = 'hold'
  },
  async reached({ world, payments }) {
    await until('a first send', () => world.proxy.sends.length > 0)
    await until('every answer', () => answered(payments) === REQUESTS - 1)
    world.proxy.mode = 'lose-bytes'
  },
}
const whileArriving: Moment = {
  name: 'while bytes have arrived and the answer to them has not',
  before({ world }) {
    world.proxy.mode = 'hold-answer'
  },
  reached: (scene) => until('a first send', () => scene.world.proxy.sends.length > 0),
}
const afterLandings: Moment = {
  name: 'after the first landings',
  reached: (scene) => until('a landing', async () => (await statuses(scene, 'CONFIRMED')) >= 3),
}

async function crash(scene: Scene, moment: Moment): Promise<void> {
  const { world, daemon, payments } = scene
  // One transfer first, so that both processes have all they need.
  await pay(scene, payments[0]!)
  await until('the first transfer to land', async () => (await world.balance(payments[0]!.to)) > 0n)
  await moment.before?.(scene)
  const sending = Promise.allSettled(payments.slice(1).map((payment) => pay(scene, payment)))
  await moment.reached(scene)
  await daemon.kill()
  await sending
  world.proxy.mode = 'pass'
  await daemon.restart()
}

async function killAndFinish(engine: Engine, world: World, moment: Moment): Promise<void> {
  const scene = await setScene(engine, world, REQUESTS)
  try {
    const before = await world.balance(scene.wallet.address)
    await crash(scene, moment)
    await finish(scene, before)
    await auditIsWhole(scene)
  } finally {
    await scene.daemon.stop()
    await world.stop()
  }
}

describe('kill -9 in the middle of 100 sends: each is paid once, reported truly and counted exactly', () => {
  test.each([afterAnswers(1), afterAnswers(50), whileExecuting, whileLeaving, whileArriving, afterLandings])(
    'on EVM over SQLite, $name',
    async (moment) => killAndFinish('sqlite', await evmWorld({ blockTime: 0.25 }), moment),
  )

  test.each([afterAnswers(1), whileExecuting, whileLeaving, whileArriving, afterLandings])(
    'on Solana over SQLite, $name',
    async (moment) => killAndFinish('sqlite', await solanaWorld(), moment),
  )

  describe.concurrent('on EVM over PostgreSQL', () => {
    test.each([afterAnswers(50), whileExecuting, whileLeaving])('$name', async (moment) =>
      killAndFinish('postgres', await evmWorld({ blockTime: 0.25 }), moment),
    )
  })
})
