import { parentPort, workerData } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'

// The thread of log-copier.ts, which says what it is told.
const database = new Sqlite(String(workerData), { fileMustExist: true })
// As for the writer: the log is synced before its pages are copied, and the database after that.
database.pragma('synchronous = NORMAL')
database.pragma('fullfsync = ON')

type Copied = { readonly busy: number; readonly log: number; readonly checkpointed: number }

/** Whether all that is in the log is in the database now. */
function copied(): boolean {
  const { busy, log, checkpointed } = database.prepare<[], Copied>('pragma wal_checkpoint(PASSIVE)').get()!
  return busy === 0 && log === checkpointed
}

parentPort!.on('message', (what: 'copy' | 'close') => {
  if (what === 'copy') return parentPort!.postMessage(copied())
  database.close()
  parentPort!.close()
})
