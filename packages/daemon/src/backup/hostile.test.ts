import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../../../../test/support/daemon.ts'
import { startKeys } from '../keys/service.ts'
import { restoreBackup } from '../offline/restore.ts'
import { encodeHeader, fileKey, type Metadata } from './format.ts'
import { openBackup } from './reader.ts'
import { encodeRecord, type Record } from './records.ts'
import { sealed } from './sealing.ts'
import { inspectBackup } from './service.ts'

const CHUNK = 64 * 1024 + 16
const folder = mkdtempSync(join(tmpdir(), 'waiaas-hostile-'))
let daemon: TestDaemon
let genuine: Buffer
let metadata: Metadata
let sealedFrom: number
let subkey: Uint8Array
let files = 0

beforeAll(async () => {
  daemon = await startTestDaemon()
  // Several chunks.
  writeFileSync(join(daemon.dataDir, 'config.toml'), `# ${'x'.repeat(300_000)}\n`, { mode: 0o600 })
  const { path } = await daemon.operator.createBackup()
  genuine = readFileSync(path)
  sealedFrom = 48 + genuine.readUInt32BE(12)
  const backup = await openBackup(path)
  metadata = backup.metadata
  await backup.close()
  const keys = await startKeys()
  await keys.unlock(MASTER_PASSWORD, metadata.keyring)
  subkey = await keys.subkey('backup')
  await keys.stop()
})
afterAll(async () => {
  await daemon.stop()
  rmSync(folder, { recursive: true })
})

function fileOf(bytes: Buffer): string {
  const path = join(folder, `${++files}.waiaas-backup`)
  writeFileSync(path, bytes)
  return path
}

/** The code with which a file is refused, and what that left behind in the directory it was to be restored to. */
async function refusal(bytes: Buffer, masterPassword = MASTER_PASSWORD): Promise<string> {
  const dataDir = join(folder, `target-${files}`)
  mkdirSync(dataDir)
  chmodSync(dataDir, 0o700)
  const code = await restoreBackup({ file: fileOf(bytes), dataDir, masterPassword }).then(
    () => 'restored',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )
  const left = readdirSync(dataDir).filter((name) => name !== 'daemon.lock')
  return left.length === 0 || code === 'restored' ? code : `${code}, leaving ${left}`
}

function altered(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(genuine)
  change(bytes)
  return bytes
}

/** The same file with other metadata, as somebody without the password can make it. */
function withMetadata(change: (text: string) => string): Buffer {
  const text = Buffer.from(change(genuine.subarray(48, sealedFrom).toString()))
  const fixed = Buffer.from(genuine.subarray(0, 48))
  fixed.writeUInt32BE(text.length, 12)
  return Buffer.concat([fixed, text, genuine.subarray(sealedFrom)])
}

/** A file that is sealed rightly, as somebody with the password can make it. */
async function crafted(records: readonly Record[], tail: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  const { bytes, header } = encodeHeader(metadata)
  async function* plain() {
    for (const record of records) yield encodeRecord(record)
    if (tail.length > 0) yield tail
  }
  const parts: Buffer[] = [bytes]
  for await (const chunk of sealed(fileKey(Uint8Array.from(subkey), header), header, plain())) parts.push(chunk)
  return Buffer.concat(parts)
}

test('the genuine file is restored', async () => {
  expect(await refusal(genuine)).toBe('restored')
})

describe('a file that was tampered with is refused and leaves the directory as it was', () => {
  test.each([
    ['empty', () => Buffer.alloc(0), 'INVALID_BACKUP_FORMAT'],
    ['another magic', () => altered((bytes) => bytes.fill(0x41, 0, 8)), 'INVALID_BACKUP_FORMAT'],
    ['only the magic', () => genuine.subarray(0, 8), 'INVALID_BACKUP_FORMAT'],
    ['of WAIaaS 2.x', () => altered((bytes) => bytes.writeUInt16BE(1, 8)), 'UNSUPPORTED_BACKUP_VERSION'],
    ['of a newer format', () => altered((bytes) => bytes.writeUInt16BE(3, 8)), 'UNSUPPORTED_BACKUP_VERSION'],
    ['reserved bytes in use', () => altered((bytes) => bytes.writeUInt16BE(1, 10)), 'INVALID_BACKUP_FORMAT'],
    ['metadata of 4 GiB', () => altered((bytes) => bytes.writeUInt32BE(0xffffffff, 12)), 'INVALID_BACKUP_FORMAT'],
    ['no metadata', () => altered((bytes) => bytes.writeUInt32BE(0, 12)), 'INVALID_BACKUP_FORMAT'],
    ['metadata that is no JSON', () => withMetadata((text) => text.slice(1)), 'INVALID_BACKUP_FORMAT'],
    [
      'a path in its contents',
      () => withMetadata((text) => text.replace('"config.toml"', '"../../etc/cron.d/x"')),
      'INVALID_BACKUP_FORMAT',
    ],
    [
      'terminal controls in its version',
      () => withMetadata((text) => text.replace(/"daemon_version":"[^"]*"/, '"daemon_version":"\\u001b[2J"')),
      'INVALID_BACKUP_FORMAT',
    ],
    [
      'a password that would cost 64 GiB',
      () => withMetadata((text) => text.replace(/"memoryKib":\d+/, '"memoryKib":67108864')),
      'INVALID_BACKUP_FORMAT',
    ],
    ['an unknown field', () => withMetadata((text) => text.replace('{', '{"x":1,')), 'INVALID_BACKUP_FORMAT'],
    [
      'a newer schema',
      () => withMetadata((text) => text.replace(/"schema_version":\d+/, '"schema_version":9999')),
      'UNSUPPORTED_BACKUP_VERSION',
    ],
    [
      'another date',
      () => withMetadata((text) => text.replace(/"created_at":"20\d\d/, '"created_at":"1999')),
      'BACKUP_CORRUPTED',
    ],
    [
      'another wrapped root key',
      () =>
        withMetadata((text) =>
          text.replace(/"wrappedRoot":"(.)/, (_, first) => `"wrappedRoot":"${first === 'A' ? 'B' : 'A'}`),
        ),
      'BACKUP_CORRUPTED',
    ],
    ['another salt', () => altered((bytes) => bytes.writeUInt8(bytes[20]! ^ 1, 20)), 'BACKUP_CORRUPTED'],
    ['no content', () => genuine.subarray(0, sealedFrom), 'BACKUP_CORRUPTED'],
    ['cut within a chunk', () => genuine.subarray(0, sealedFrom + CHUNK + 1_000), 'BACKUP_CORRUPTED'],
    ['cut between chunks', () => genuine.subarray(0, sealedFrom + CHUNK), 'BACKUP_CORRUPTED'],
    ['without its last byte', () => genuine.subarray(0, -1), 'BACKUP_CORRUPTED'],
    ['a byte more', () => Buffer.concat([genuine, Buffer.of(0)]), 'BACKUP_CORRUPTED'],
    ['itself once more', () => Buffer.concat([genuine, genuine.subarray(sealedFrom)]), 'BACKUP_CORRUPTED'],
    ['its first two chunks exchanged', () => exchanged(), 'BACKUP_CORRUPTED'],
    [
      'its second chunk left out',
      () => Buffer.concat([genuine.subarray(0, sealedFrom + CHUNK), genuine.subarray(sealedFrom + 2 * CHUNK)]),
      'BACKUP_CORRUPTED',
    ],
  ])('%s', async (_what, make, code) => {
    expect(await refusal(make())).toBe(code)
  })

  test('one bit anywhere', async () => {
    const step = Math.floor((genuine.length - sealedFrom) / 12)
    for (let at = sealedFrom; at < genuine.length; at += step)
      expect(await refusal(altered((bytes) => bytes.writeUInt8(bytes[at]! ^ 4, at))), `byte ${at}`).toBe(
        'BACKUP_CORRUPTED',
      )
  })

  test('opened with another password', async () => {
    expect(await refusal(genuine, 'another master password')).toBe('INVALID_MASTER_PASSWORD')
  })
})

function exchanged(): Buffer {
  const [first, second] = [0, 1].map((n) => genuine.subarray(sealedFrom + n * CHUNK, sealedFrom + (n + 1) * CHUNK))
  return Buffer.concat([genuine.subarray(0, sealedFrom), second!, first!, genuine.subarray(sealedFrom + 2 * CHUNK)])
}

describe('a file whose author had the password is held to what a backup holds', () => {
  const table = (name: string, columns = ['id']): Record => ({ kind: 'table', name, columns })
  const end = (rows: number): Record => ({ kind: 'end', rows })
  const wallet = table('wallets', ['id'])

  test.each<[string, () => Promise<Buffer>, string]>([
    ['a table that is not ours', () => crafted([table('sqlite_schema'), end(0)]), 'BACKUP_CORRUPTED'],
    ['SQL in place of a name', () => crafted([table('wallets; drop table keyring'), end(0)]), 'BACKUP_CORRUPTED'],
    ['SQL in place of a column', () => crafted([table('wallets', ['id) values (1); --']), end(0)]), 'BACKUP_CORRUPTED'],
    ['a table twice', () => crafted([wallet, wallet, end(0)]), 'BACKUP_CORRUPTED'],
    ['rows before a table', () => crafted([{ kind: 'rows', rows: [['x']] }, end(1)]), 'BACKUP_CORRUPTED'],
    [
      'rows of another width',
      () => crafted([wallet, { kind: 'rows', rows: [['a', 'b']] }, end(1)]),
      'BACKUP_CORRUPTED',
    ],
    ['a wrong count', () => crafted([wallet, end(5)]), 'BACKUP_CORRUPTED'],
    ['most tables missing', () => crafted([wallet, end(0)]), 'BACKUP_CORRUPTED'],
    ['no end', () => crafted([wallet]), 'BACKUP_CORRUPTED'],
    ['something after the end', () => crafted([end(0), wallet]), 'BACKUP_CORRUPTED'],
    ['bytes after the end', () => crafted([end(0)], Buffer.from('ab')), 'BACKUP_CORRUPTED'],
    ['a record of 4 GiB', () => crafted([wallet], Buffer.alloc(8, 0xff)), 'BACKUP_CORRUPTED'],
    ['the configuration last', () => crafted([wallet, { kind: 'config', text: '' }, end(0)]), 'BACKUP_CORRUPTED'],
    [
      'a migration with other content',
      () =>
        crafted([
          table('schema_migrations', ['id', 'name', 'hash', 'applied_at']),
          { kind: 'rows', rows: [[1, 'initial', 'other', 0]] },
          end(1),
        ]),
      'UNSUPPORTED_BACKUP_VERSION',
    ],
  ])('%s', async (_what, make, code) => {
    expect(await refusal(await make())).toBe(code)
  })
})

test('what is no file is refused without being read', async () => {
  await expect(inspectBackup(folder)).rejects.toMatchObject({ code: 'INVALID_BACKUP_FORMAT' })
  await expect(inspectBackup('/dev/zero')).rejects.toMatchObject({ code: 'INVALID_BACKUP_FORMAT' })
})
