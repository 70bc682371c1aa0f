import { openFile } from './files.ts'
import { fileKey, type Header, type Metadata, readHeader } from './format.ts'
import { type Record, readRecords } from './records.ts'
import { opened } from './sealing.ts'

export type { Record } from './records.ts'

/** A backup file that is being read; `records` gives only what is authentic, and fails with BACKUP_CORRUPTED otherwise. */
export type OpenBackup = {
  readonly metadata: Metadata
  /** `subkey` is the backup subkey of the root key in the metadata's keyring; it is wiped. */
  records(subkey: Uint8Array): AsyncGenerator<Record>
  close(): Promise<void>
}

/** Opens a file and reads its plain part. Failures INVALID_BACKUP_FORMAT, UNSUPPORTED_BACKUP_VERSION. */
export async function openBackup(path: string): Promise<OpenBackup> {
  const file = await openFile(path)
  let header: Header
  try {
    header = await readHeader(file)
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    metadata: header.metadata,
    async *records(subkey) {
      const key = fileKey(subkey, header)
      try {
        yield* readRecords(opened(key, header, file))
      } finally {
        key.fill(0)
      }
    },
    close: () => file.close(),
  }
}
