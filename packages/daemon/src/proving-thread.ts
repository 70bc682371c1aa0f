import { parentPort, workerData } from 'node:worker_threads'
import { audit } from './audit/service.ts'
import { migrations } from './migrations/all.ts'
import { systemClock } from './platform/clock.ts'
import { openToRead } from './platform/db/database.ts'
import type { Question } from './proving.ts'

// The thread of proving.ts, which says where the log is. Looking at all of it keeps a thread for seconds.
// Given by proving.ts alone.
const { place, publicKey } = workerData as Question
const database = await openToRead({ ...place, migrations })
try {
  const verdict = await database.read((db) => audit({ clock: systemClock() }).verify(db, { publicKey }))
  parentPort!.postMessage(verdict)
} finally {
  await database.close()
}
