import { openDatabase } from './database.ts'
import { insert, row, sampleMigrations } from './sample.ts'

// The process that the crash test kills: commits without end and names each row only once its commit was answered.
const location = JSON.parse(process.argv[2] ?? '') as { url: string } | { path: string }
const note = 'x'.repeat(Number(process.argv[3]))
const database = await openDatabase({ ...location, migrations: sampleMigrations })
await Promise.all(
  Array.from({ length: 16 }, async (_, lane) => {
    for (let i = 0; ; i++) {
      const id = `${lane}-${i}`
      await database.work({ exclusive: [`lane:${lane % 4}`] }, (tx) =>
        tx.many(
          insert,
          [id, `${id}-twin`].map((one) => ({ ...row(one), note })),
        ),
      )
      process.stdout.write(`${id}\n`)
    }
  }),
)
