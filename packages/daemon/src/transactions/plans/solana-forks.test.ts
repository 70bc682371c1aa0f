import { newId, operations, type PlanRequest } from '@waiaas/contract'
import type { SolanaNode } from '@waiaas/localnet'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { newSolanaAddress, solanaBalance } from '../../../../../test/support/wallets.ts'
import { migrations, operator, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { given, u32, u64 } from '../../../test/solana-instructions.ts'
import { systemProgram } from '../../chains/solana/programs.ts'

const LAMPORTS = 10_000_000n
type Bed = Awaited<ReturnType<typeof startPipeline>>
type Wallet = Awaited<ReturnType<Bed['wallet']>>

/** On a chain whose slots and forks the test makes, each step of a plan pays once, whatever becomes of its bytes. */
forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  async function start() {
    const node = await startSolana({ slotMs: 0 })
    stops.push(() => node.stop())
    const database = await open(migrations)
    let shift = 0
    const clock = { now: () => Date.now() + shift }
    let bed = await startPipeline(database, node, undefined, clock)
    stops.push(() => bed.stop())
    const wallet = await bed.wallet()
    await bed.limit(wallet.id, { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6 })
    node.advance(40)
    const pass = (slots: number) => {
      node.advance(slots)
      shift += 400 * slots
    }
    return {
      ...{ node, wallet, pass },
      bed: () => bed,
      /** The process ends, and another one goes on with what it has left. */
      async restart() {
        const { keyring } = bed
        await bed.stop()
        bed = await startPipeline(database, node, keyring, clock)
      },
      /** Lets slots pass, one by one, until it is so. */
      async passUntil<T>(look: () => Promise<T | false>): Promise<T> {
        for (;;) {
          const found = await look()
          if (found) return found
          pass(1)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      },
      attempts: (id: string) =>
        database.read((db) =>
          db.query<{ state: string; hash: string; block_height: number | null }>((k) =>
            k
              .selectFrom('attempts')
              .select(['state', 'hash', 'block_height'])
              .where('transaction_id', '=', id)
              .orderBy('id'),
          ),
        ),
    }
  }
  type Scene = Awaited<ReturnType<typeof start>>

  /** Pays each of them in a step of its own. */
  async function send({ bed }: Scene, { id: walletId, address, session: sessionId }: Wallet, tos: readonly string[]) {
    const steps = tos.map((to) => ({
      instructions: [given(systemProgram, [address, to], [...u32(2), ...u64(LAMPORTS)])],
    }))
    const input: PlanRequest = operations.sendPlan.input.parse({ walletId, steps })
    const from = { sessionId, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    return (await bed().service.plans.send(input, from)).accepted!
  }
  const show = ({ bed }: Scene, id: string) => bed().service.plans.get(id, undefined)
  const statuses = async (scene: Scene, id: string) => (await show(scene, id)).steps.map(({ status }) => status)
  const reach = (scene: Scene, id: string, ...wanted: string[]) =>
    scene.passUntil(async () => (await statuses(scene, id)).join() === wanted.join())
  const states = async ({ attempts }: Scene, id: string) => (await attempts(id)).map(({ state }) => state)
  /** What the newest block of the chain says, before anybody else goes by it. */
  async function newest<T>(node: SolanaNode, method: string, ...of: readonly string[]): Promise<T> {
    const params = [...of, { commitment: 'processed' }]
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return ((await (await fetch(node.url, { method: 'POST', body })).json()) as { result: T }).result
  }
  /** Takes the block out of the chain in which it landed, and all that came after. */
  async function takeOut({ node, attempts }: Scene, id: string): Promise<void> {
    const landed = (await attempts(id)).at(-1)!.block_height!
    node.fork((await newest<number>(node, 'getSlot')) - landed + 1)
  }
  const paid = (node: SolanaNode, tos: readonly string[]) => Promise.all(tos.map((to) => solanaBalance(node, to)))
  const recipients = () => Array.from({ length: 3 }, newSolanaAddress)

  test('a step whose blockhash expires is signed anew once it can never land, lands once, and the next ones follow', async () => {
    const scene = await start()
    const { node, wallet, pass, passUntil } = scene
    const tos = recipients()
    const { id, steps } = await send(scene, wallet, tos)
    const second = steps[1]!.id
    await scene.passUntil(async () => {
      // The first one is in the newest block, which nobody has heard of yet, and the second one gets lost.
      node.fault.dropSends = (await newest<{ value: number }>(node, 'getBalance', tos[0]!)).value > 0
      return (await states(scene, second)).includes('recorded')
    })
    // Outbidding is for chains with nonces, also within a plan.
    const asked = scene.bed().service.replace(second, operator, { with: 'speed-up' })
    await expect(asked).rejects.toMatchObject({ code: 'CHAIN_NOT_SUPPORTED' })
    pass(200)
    await passUntil(async () => (await states(scene, second))[0] === 'void')
    expect((await statuses(scene, id))[2]).toBe('PENDING')
    node.clearFaults()
    await reach(scene, id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
    const tried = await scene.attempts(second)
    expect(new Set(tried.map(({ hash }) => hash)).size).toBe(tried.length)
    expect(tried.length).toBeGreaterThanOrEqual(2)
    expect(await paid(node, tos)).toEqual([LAMPORTS, LAMPORTS, LAMPORTS])
  })

  test('a step that a fork takes out of the chain is sent again as it is, by another process too, and pays once', async () => {
    const scene = await start()
    const { node, wallet, passUntil } = scene
    const tos = recipients()
    const { id, steps } = await send(scene, wallet, tos)
    await reach(scene, id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
    const hashes = async () => {
      const all = await Promise.all(steps.map(({ id }) => scene.attempts(id)))
      return all.map((each) => each.map(({ hash }) => hash))
    }
    const before = await hashes()
    await takeOut(scene, steps[2]!.id)
    expect(await paid(node, tos)).toEqual([LAMPORTS, LAMPORTS, 0n])
    await reach(scene, id, 'CONFIRMED', 'CONFIRMED', 'SUBMITTED')
    await scene.restart()
    await reach(scene, id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
    const isFinal = async () =>
      (await Promise.all(steps.map(({ id }) => states(scene, id)))).every((each) => each.at(-1) === 'final')
    await passUntil(isFinal)
    expect(await hashes()).toEqual(before)
    expect(await paid(node, tos)).toEqual([LAMPORTS, LAMPORTS, LAMPORTS])
  })

  test('a step that a fork takes with its blockhash is built anew, and no step pays twice', async () => {
    const scene = await start()
    const { node, wallet, pass, passUntil } = scene
    const tos = recipients()
    const { id, steps } = await send(scene, wallet, tos)
    await passUntil(async () => (await statuses(scene, id))[0] === 'CONFIRMED')
    node.fault.dropSends = true
    await takeOut(scene, steps[0]!.id)
    await passUntil(async () => (await statuses(scene, id))[0] !== 'CONFIRMED')
    // Nobody passes on what the fork has lost, until it can never land.
    pass(200)
    await passUntil(async () => (await states(scene, steps[0]!.id))[0] === 'void')
    node.clearFaults()
    await scene.restart()
    await reach(scene, id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
    expect((await states(scene, steps[0]!.id)).length).toBeGreaterThanOrEqual(2)
    expect(await paid(node, tos)).toEqual([LAMPORTS, LAMPORTS, LAMPORTS])
  })
})
