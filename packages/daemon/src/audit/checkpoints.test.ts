import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { AuditCheckpoint } from '@waiaas/contract'
import { sql } from 'kysely'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { openPrepared } from '../../../../test/support/prepared.ts'
import { until } from '../../../../test/support/until.ts'
import { witness } from '../keys/signer/evidence.ts'
import { createKeyring } from '../keys/signer/keyring.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { checkpoints } from './checkpoints.ts'
import { csvLines } from './csv-form.ts'
import { evidenceHash, GENESIS } from './evidence-hash.ts'
import { AuditFileError, exportLines, importLines, type Line } from './files.ts'
import { audit, SYSTEM_EVIDENCE } from './service.ts'
import { evidenceStore } from './store.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const WALLET = '01900000-0000-7000-8000-000000000001'
const CHAIN = `wallet:${WALLET}`
const clock = { now: () => NOW }
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }
const cheap = { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 }
const [mine, another] = await Promise.all(['one', 'two'].map((text) => createKeyring(Buffer.from(text), cheap)))
const { publicKey } = witness(mine!.keyring)

/** A signer that was just started: it knows nothing of what it signed before. */
function started({ keyring } = mine!) {
  const { publicKey: key, sign } = witness(keyring)
  return { publicKey: async () => key, sign: async (next: Parameters<typeof sign>[0]) => sign(next) }
}

/** The audit log of a database, and who signs it. */
function trail(database: Database, { isUnlocked = (): boolean => true, log = quiet as Log } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-checkpoints-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'checkpoints.jsonl')
  const signer = checkpoints({
    database,
    clock,
    log,
    isUnlocked,
    witness: started(),
    file: async () => file,
  })
  const evidence = audit({ clock, onRecord: signer.noteRow })
  return {
    file,
    signer,
    /** What is signed now, as a daemon that stops leaves it. */
    sign: () => signer.stop(),
    record: (walletId?: string, count = 1) =>
      database.work({ exclusive: [SYSTEM_EVIDENCE, CHAIN] }, async (db) => {
        for (let row = 0; row < count; row++) {
          await evidence.record(db, {
            event: 'TX_SIGNED',
            actor: 'system',
            walletId,
            details: { discarded: `row ${row}`, bytesHash: '' },
          })
        }
      }),
    verify: (expected = {}) => database.read((db) => evidence.verify(db, expected)),
    copies: () =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditCheckpoint),
  }
}

const run = (database: Database, text: string) => database.work({}, (db) => db.query(() => sql.raw(text)))

test('checkpoints that a full disk did not take are in their file when there is room, whole and in order', async () => {
  const database = await openPrepared()
  onTestFinished(() => database.close())
  const { file: real } = trail(database)
  let file = '/dev/full'
  const parts = { database, clock, log: quiet as Log, isUnlocked: () => true, witness: started() }
  const signer = checkpoints({ ...parts, file: async () => file })
  const { record } = audit({ clock, onRecord: signer.noteRow })
  const step = async () => {
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) =>
      record(db, { event: 'TX_SIGNED', actor: 'system', details: { discarded: '', bytesHash: '' } }),
    )
    await signer.stop()
  }
  await step()
  await step()
  file = real
  await step()
  const seqs = readFileSync(real, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as AuditCheckpoint).seq)
  expect(seqs).toEqual([1, 2, 3])
})

forEachEngine((_, open) => {
  /** Three checkpoints: of both chains, of the system's, of the wallet's. */
  async function threeCheckpoints() {
    const database = await open(migrations)
    const log = trail(database)
    await log.record(WALLET, 2)
    await log.record(undefined, 3)
    await log.sign()
    await log.record()
    await log.sign()
    await log.record(WALLET)
    await log.sign()
    return { database, ...log }
  }

  test('a checkpoint holds the heads that have moved, and anybody with the public key can verify it', async () => {
    const { signer, verify, copies, file } = await threeCheckpoints()
    const [first, second, third] = copies()
    const places = (one: AuditCheckpoint | undefined) => one?.heads.map(({ chain, seq }) => [chain, seq])
    expect([first, second, third].map(places)).toEqual([
      [
        ['system', 3],
        [CHAIN, 2],
      ],
      [['system', 4]],
      [[CHAIN, 3]],
    ])
    expect(first).toMatchObject({ seq: 1, at: NOW, publicKey, prevHash: '0'.repeat(64) })
    expect(second).toMatchObject({ seq: 2, prevHash: first?.hash })
    expect(await signer.current()).toEqual({ publicKey, checkpoint: third, unsignedRows: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const one of copies()) {
      const heads = one.heads.map(({ chain, seq, hash }) => [chain, seq, hash])
      const text = JSON.stringify([one.prevHash, one.seq, one.at, one.publicKey, heads])
      expect(createHash('sha256').update(text).digest('hex')).toBe(one.hash)
      const message = Buffer.from(`waiaas-audit-checkpoint-1:${one.hash}`)
      const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
      expect(ed25519.verify(bytes(one.signature), message, bytes(one.publicKey))).toBe(true)
    }
    const verdict = {
      whole: true,
      faults: [],
      rows: 7,
      chains: 2,
      checkpoint: 3,
      publicKey,
      unsignedRows: 0,
      partial: null,
    }
    expect(await verify()).toEqual(verdict)
    expect(await verify({ publicKey, copies: copies() })).toEqual(verdict)
  })

  test('what was recorded is signed within moments, by itself, and nothing is signed twice', async () => {
    const { signer, record, verify, copies } = trail(await open(migrations))
    signer.start()
    await record(WALLET)
    await expect.poll(verify).toMatchObject({ checkpoint: 1, unsignedRows: 0 })
    await record()
    await expect.poll(verify).toMatchObject({ checkpoint: 2, unsignedRows: 0 })
    await signer.stop()
    expect(copies()).toHaveLength(2)
  })

  test('while the keystore is locked rows wait for their signature', async () => {
    let isUnlocked = false
    const { signer, record, verify, sign } = trail(await open(migrations), { isUnlocked: () => isUnlocked })
    signer.start()
    await record(WALLET)
    await sign()
    expect(await verify()).toMatchObject({ whole: true, checkpoint: null, publicKey: null, unsignedRows: 1 })
    isUnlocked = true
    await sign()
    expect(await verify()).toMatchObject({ whole: true, checkpoint: 1, publicKey, unsignedRows: 0 })
  })

  test('replicas that sign at the same time make one line of checkpoints', async () => {
    const database = await open(migrations)
    const [one, other] = [trail(database), trail(database)]
    for (let round = 0; round < 5; round++) {
      await Promise.all([one.record(WALLET), other.record()])
      await Promise.all([one.sign(), other.sign()])
    }
    expect(await one.verify({ publicKey })).toMatchObject({ whole: true, rows: 10, unsignedRows: 0 })
  })

  /** Makes the wallet's chain anew, with other details and hashes that fit. */
  async function forgeChain(database: Database) {
    const rows = await database.read((db) => evidenceStore.chainRows(db, { chain: CHAIN, after: 0, count: 10 }))
    let previous = GENESIS
    for (const { hash: _, ...row } of rows) {
      const forged = { ...row, details: '{"forged":true}', prev_hash: previous }
      previous = evidenceHash(forged)
      await run(
        database,
        `update evidence set details = '${forged.details}', prev_hash = '${forged.prev_hash}', hash = '${previous}'
         where chain = '${CHAIN}' and seq = ${row.seq}`,
      )
    }
    await run(database, `update evidence_heads set hash = '${previous}' where chain = '${CHAIN}'`)
  }

  test('a chain that was written anew as a whole, with its head, is found', async () => {
    const { database, verify } = await threeCheckpoints()
    await forgeChain(database)
    const faults = [{ chain: CHAIN, seq: 2, fault: 'not the row that was signed' }]
    expect(await verify()).toMatchObject({ whole: false, faults })
  })

  test.each([
    [
      'a chain without its last rows',
      `delete from evidence where chain = 'system' and seq = 4;
       update evidence_heads set seq = 3, hash = (select hash from evidence where chain = 'system' and seq = 3)
       where chain = 'system'`,
      { chain: 'system', seq: 4, fault: 'not the row that was signed' },
    ],
    [
      'a chain that is gone',
      `delete from evidence where chain = '${CHAIN}'; delete from evidence_heads where chain = '${CHAIN}'`,
      { chain: CHAIN, seq: 2, fault: 'not the row that was signed' },
    ],
    [
      'a checkpoint that is gone',
      'delete from checkpoints where seq = 2',
      { chain: 'checkpoints', seq: 2, fault: 'checkpoint missing' },
    ],
    [
      'a checkpoint before the first',
      `alter table checkpoints rename to real; create table checkpoints as select * from real;
       insert into checkpoints select 0, at, public_key, prev_hash, hash, signature from checkpoints where seq = 1`,
      { chain: 'checkpoints', seq: 0, fault: 'not a checkpoint of this chain' },
    ],
    [
      'a head of a checkpoint that is not there',
      `insert into checkpoint_heads select chain, seq, hash, 99 from evidence where chain = 'system' and seq = 1`,
      { chain: 'checkpoints', seq: 99, fault: 'not a checkpoint of this chain' },
    ],
    [
      'a head that was taken out of a checkpoint',
      `delete from checkpoint_heads where checkpoint = 1 and chain = 'system'`,
      { chain: 'checkpoints', seq: 1, fault: 'checkpoint altered' },
    ],
    [
      'another time',
      'update checkpoints set at = at + 1 where seq = 3',
      { chain: 'checkpoints', seq: 3, fault: 'checkpoint altered' },
    ],
  ])('%s is found', async (_name, tampering, fault) => {
    const { database, verify } = await threeCheckpoints()
    for (const step of tampering.split(';')) await run(database, step)
    expect(await verify()).toMatchObject({ whole: false, faults: [fault] })
  })

  test('checkpoints that were made anew with another key, rows and all, are found by who has the public key', async () => {
    const { database, verify } = await threeCheckpoints()
    await forgeChain(database)
    await run(database, 'delete from checkpoints')
    await run(database, 'delete from checkpoint_heads')
    const forger = checkpoints({
      database,
      clock,
      log: quiet,
      isUnlocked: () => true,
      witness: started(another),
      file: async () => '/dev/null',
    })
    await forger.stop()
    expect(await verify()).toMatchObject({ whole: true, publicKey: witness(another!.keyring).publicKey })
    const faults = [{ chain: 'checkpoints', seq: 1, fault: 'signed by another key' }]
    expect(await verify({ publicKey })).toMatchObject({ whole: false, faults })
  })

  test('what the database alone cannot show is shown by a copy of the checkpoints', async () => {
    const { database, record, verify, copies } = await threeCheckpoints()
    const kept = copies()
    await run(database, `delete from evidence where chain = '${CHAIN}' and seq = 3`)
    await run(
      database,
      `update evidence_heads set seq = 2, hash = (select hash from evidence where chain = '${CHAIN}' and seq = 2)
       where chain = '${CHAIN}'`,
    )
    await run(database, 'delete from checkpoint_heads where checkpoint = 3')
    await run(database, 'delete from checkpoints where seq = 3')
    expect(await verify({ publicKey })).toMatchObject({ whole: true })
    const missing = [{ chain: 'checkpoints', seq: 3, fault: 'checkpoint missing' }]
    expect(await verify({ copies: kept })).toMatchObject({ whole: false, faults: missing })
    await record()
    await trail(database).sign()
    const other = [{ chain: 'checkpoints', seq: 3, fault: 'not the checkpoint of the copy' }]
    expect(await verify({ copies: kept })).toMatchObject({ whole: false, faults: other })
  })

  test('with the key known, a log that was never signed, or is not any more, is not whole', async () => {
    const { database, verify } = await threeCheckpoints()
    await run(database, 'delete from checkpoints')
    await run(database, 'delete from checkpoint_heads')
    expect(await verify()).toMatchObject({ whole: true, checkpoint: null, unsignedRows: 7 })
    const faults = [{ chain: 'checkpoints', seq: 1, fault: 'checkpoint missing' }]
    expect(await verify({ publicKey })).toMatchObject({ whole: false, faults })
  })

  describe('a file with the whole log', () => {
    async function linesOf(database: Database) {
      const lines: string[] = []
      for await (const line of exportLines(database)) lines.push(line)
      return lines
    }
    /** Its rows of one wallet alone. */
    async function partOf(database: Database) {
      const lines: string[] = []
      for await (const line of exportLines(database, [CHAIN])) lines.push(line)
      return lines
    }
    async function asCsv(texts: readonly string[]) {
      async function* lines() {
        yield* texts
      }
      const csv: string[] = []
      for await (const line of csvLines(lines())) csv.push(line.replace(/\r\n$/, ''))
      return csv
    }
    async function verifyLines(texts: readonly string[]) {
      const database = await openPrepared()
      onTestFinished(() => database.close())
      async function* lines(): AsyncGenerator<Line> {
        for (const [index, text] of texts.entries()) yield { text, place: `line ${index + 1}` }
      }
      const chains = await importLines(database, lines())
      return database.read((db) => audit({ clock }).verify(db, { publicKey, chains }))
    }

    test('is whole where the log is, whatever was recorded meanwhile', async () => {
      const { database, record } = await threeCheckpoints()
      const lines: string[] = []
      for await (const line of exportLines(database)) {
        lines.push(line)
        if (lines.length === 2) await record(WALLET, 3)
      }
      expect(await verifyLines(lines)).toMatchObject({ whole: true, rows: 7, checkpoint: 3, unsignedRows: 0 })
      expect(await verifyLines(await linesOf(database))).toMatchObject({ whole: true, rows: 10, unsignedRows: 3 })
    })

    test('is not whole without any one of its lines', async () => {
      const { database } = await threeCheckpoints()
      const lines = await linesOf(database)
      expect(lines).toHaveLength(12)
      for (const index of lines.keys()) {
        const { whole } = await verifyLines(lines.toSpliced(index, 1))
        // The last checkpoint is what only a copy of it can miss.
        expect([index, whole]).toEqual([index, index === 2])
      }
    })

    test('is the same as CSV, and altered in any of its cells it is not whole', async () => {
      const { database } = await threeCheckpoints()
      const csv = await asCsv(await linesOf(database))
      expect(csv[0]).toMatch(/^kind,chain,seq,/)
      expect(await verifyLines(csv)).toEqual(await verifyLines(await linesOf(database)))
      const row = csv.findIndex((line) => line.startsWith('row,'))
      const cells = csv[row]!.split(',')
      for (const [at, cell] of cells.slice(1, 7).entries()) {
        const altered = cells.with(at + 1, /^\d+$/.test(cell) ? `${cell}1` : `${cell}x`).join(',')
        // Some are no number or place of a row any more, which the file is refused for.
        const isWhole = await verifyLines(csv.with(row, altered)).then(
          ({ whole }) => whole,
          (error: unknown) => !(error instanceof AuditFileError),
        )
        expect(isWhole, altered).toBe(false)
      }
    })

    test('of one wallet proves its rows, says that it is a part, and is not whole without any one of its lines', async () => {
      const { database } = await threeCheckpoints()
      const lines = await partOf(database)
      expect(await verifyLines(lines)).toMatchObject({ whole: true, rows: 3, chains: 1, partial: [CHAIN] })
      expect(await verifyLines(await asCsv(lines))).toMatchObject({ whole: true, partial: [CHAIN] })
      const altered = lines.map((line) => line.replace('row 0', 'row 1'))
      expect(await verifyLines(altered)).toMatchObject({ whole: false, partial: [CHAIN] })
      // Without its first line it is a log from which the other chain was taken.
      for (const index of lines.keys()) {
        const { whole } = await verifyLines(lines.toSpliced(index, 1))
        expect([index, whole]).toEqual([index, index === 3])
      }
    })

    test.each([
      ['a line twice', (lines: string[]) => [...lines, lines.at(-2)!], /^line 1 or later: .* in the file twice$/],
      ['a line that is no JSON', (lines: string[]) => [...lines, '{'], /^line 13: expected JSON$/],
      ['a line of something else', (lines: string[]) => [...lines, '{"row":{}}'], /^line 13: expected a line that/],
    ])('with %s is refused', async (_name, change, message) => {
      const { database } = await threeCheckpoints()
      const lines = await linesOf(database)
      await expect(verifyLines(change(lines))).rejects.toThrow(message)
    })
  })
})

describe('a thousand rows', () => {
  afterEach(() => void vi.useRealTimers())

  test('are signed before the second is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const database = await openPrepared()
    onTestFinished(() => database.close())
    const { signer, record, verify } = trail(database)
    signer.start()
    onTestFinished(() => signer.stop())
    const isSigned = async (checkpoint: number) => {
      await vi.advanceTimersByTimeAsync(0)
      return (await verify()).checkpoint === checkpoint
    }
    await record(WALLET, 999)
    await until('the first look to be over', () => isSigned(1))
    await record(WALLET, 999)
    await vi.advanceTimersByTimeAsync(0)
    expect(await verify()).toMatchObject({ checkpoint: 1, unsignedRows: 999 })
    await record(WALLET)
    await until('the rows to be signed', () => isSigned(2))
    expect(await verify()).toMatchObject({ unsignedRows: 0 })
  })
})

test('bursts of rows are signed one after the other, whoever is in the middle of a job', async () => {
  const database = await openPrepared()
  onTestFinished(() => database.close())
  const errors: unknown[] = []
  const { signer, record, verify } = trail(database, {
    log: { ...quiet, error: (...args: unknown[]) => void errors.push(args) },
  })
  signer.start()
  onTestFinished(() => signer.stop())
  for (let burst = 1; burst <= 3; burst++) {
    await Promise.all(Array.from({ length: 8 }, () => record(WALLET, 500)))
    await until('the burst to be signed', async () => (await verify()).unsignedRows === 0)
  }
  expect(errors).toEqual([])
  expect(await verify()).toMatchObject({ whole: true, rows: 12_000 })
})

test('a checkpoint that was signed and could not be stored is stored later as it is, and what came since in the next', async () => {
  const database = await openPrepared()
  onTestFinished(() => database.close())
  const { signer, record, verify, copies } = trail(database)
  await record(WALLET, 2)
  await run(database, `create trigger full before insert on checkpoint_heads begin select raise(abort, 'full'); end`)
  await signer.stop()
  await run(database, 'drop trigger full')
  await record()
  await signer.stop()
  expect(await verify()).toMatchObject({ whole: true, unsignedRows: 0 })
  expect(copies().map(({ heads }) => heads.map(({ chain, seq }) => [chain, seq]))).toEqual([
    [[CHAIN, 2]],
    [['system', 1]],
  ])
})
