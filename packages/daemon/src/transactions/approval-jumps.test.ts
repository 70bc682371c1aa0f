import { isFailure, newId } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { JUMPS, jumpyMachine } from '../../../../test/support/jumpy-machine.ts'
import { until } from '../../../../test/support/until.ts'
import { madeUpKey, madeUpNode } from '../../test/made-up-bed.ts'
import { migrations, startPipeline } from '../../test/pipeline-bed.ts'
import { links } from '../approvals/links.ts'
import { openDatabase } from '../platform/db/database.ts'
import { transactionStore } from './rows/store.ts'

const HOUR = 3_600
/** A human decides on everything, within an hour. */
const LIMITS = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0, approval_timeout: HOUR }

forEachEngine((engine, _open, fresh) => {
  // No engine has a clock of its own here.
  test.each(engine === 'sqlite' ? JUMPS : JUMPS.slice(0, 2))(
    'what waits for a human waits for its time and no longer, %s',
    async (_, jump) => {
      const [machine, node, location] = [jumpyMachine(), madeUpNode({ order: true, expiry: false }), await fresh()]
      async function boot(known?: Parameters<typeof startPipeline>[2]) {
        const database = await openDatabase({ ...location, migrations })
        const bed = await startPipeline(database, node, known, machine.clock())
        const end = async () => {
          await bed.stop()
          await database.close()
        }
        return { ...bed, end }
      }
      const signed = links({
        secret: async () => new Uint8Array(32),
        publicUrl: () => 'https://wallets.example.org',
        now: machine.clock().latest,
      })
      let bed = await boot()
      try {
        const from = await bed.wallet()
        await bed.limit(from.id, LIMITS)
        const ask = async () => (await bed.send(from, { to: madeUpKey().address, amount: '1' }, newId())).transactionId
        const row = async (id: string) => (await bed.database.read((db) => transactionStore.byId(db, id)))!
        /** Newest first. */
        const told = (id: string) =>
          bed.database.read(async (db) =>
            (await bed.evidence.list(db, { walletId: from.id }, 100)).filter(({ tx_id }) => tx_id === id),
          )
        const reminded = async (id: string) =>
          (await told(id))
            .filter(({ event }) => event === 'TX_APPROVAL_REMINDED')
            .map(({ details }) => (JSON.parse(details!) as { which: string }).which)
            .reverse()
        const dueAt = async (id: string) =>
          (
            await bed.database.read((db) =>
              db.query<{ due_at: number }>((k) =>
                k.selectFrom('approval_reminders').select('due_at').where('transaction_id', '=', id),
              ),
            )
          )[0]?.due_at
        const [answered, left] = [await ask(), await ask()]
        const { digest, approval_expires_at: endsAt } = await row(left)
        const link = await signed.of({ id: left, digest: digest!, status: 'QUEUED', endsAt })
        const isGood = () => signed.read(link!.slice(link!.lastIndexOf('/') + 1)).verify(digest!)
        const codeOf = (attempt: Promise<unknown>) =>
          attempt.then(
            () => 'done',
            (error) => (isFailure(error) ? error.code : Promise.reject(error)),
          )
        machine.run(HOUR / 6)

        const { keyring } = bed
        jump(machine)
        await bed.end()
        bed = await boot(keyring)
        if (!machine.isAhead()) {
          expect(await codeOf(isGood())).toBe('done')
          expect(await codeOf(bed.service.approve(answered))).toBe('done')
          // What is asked for while the clock stands has its whole time too.
          expect(await dueAt(await ask())).toBe(machine.clock().latest() + (HOUR / 2) * 1_000)
          machine.run(HOUR / 3 + 1)
          await until('half of its time to be told', async () => (await reminded(left)).length === 1)
          machine.run((HOUR * 2) / 5)
          await until('the last tenth to be told', async () => (await reminded(left)).length === 2)
          machine.run(HOUR / 10)
        }
        expect(await codeOf(isGood())).toBe('NOT_FOUND')
        expect(await codeOf(bed.service.approve(left))).toBe('TX_ALREADY_PROCESSED')
        await until('it to be over', async () => (await row(left)).status === 'EXPIRED')
        expect(await reminded(left)).toEqual(machine.isAhead() ? [] : ['half', 'last'])
        expect((await told(left))[0]!.event).toBe('TX_EXPIRED')
      } finally {
        await bed.end()
      }
    },
  )
})
