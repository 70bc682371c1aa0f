import { KeyError } from '../key-error.ts'
import { sealBytes } from '../sealing.ts'
import type { Exported, ExportFormat, ExportOptions, KeyRow } from '../types.ts'
import { chains } from './chains.ts'
import { type Guarded, thenWiped } from './guarded.ts'
import { openKey, openSecret } from './key-rows.ts'
import type { Keyring } from './keyring.ts'
import { makeKeystoreV3 } from './keystore-v3.ts'

/** A wallet's key in a format that other wallets read; sealed when a recipient is named. */
export async function exportKey(
  keyring: Keyring,
  row: KeyRow,
  { format, password, recipient }: ExportOptions,
): Promise<Exported> {
  const { publicKey, close } = openKey(keyring, row)
  close()
  if (!chains[row.chain].formats.includes(format))
    throw new KeyError(
      'EXPORT_REFUSED',
      `a ${row.chain} key is exported as one of: ${chains[row.chain].formats.join(', ')}`,
    )
  const text = await thenWiped(openSecret(keyring, row), (secret) =>
    print[format](secret, { row, publicKey, password }),
  )
  if (recipient === undefined) return { text }
  return { sealed: sealBytes(recipient, 'export', Buffer.from(text, 'utf8')) }
}

type Facts = { row: KeyRow; publicKey: Uint8Array; password: string | undefined }
type Print = (secret: Guarded, facts: Facts) => string | Promise<string>

const print: Record<ExportFormat, Print> = {
  'private-key': (secret, { row, publicKey }) => secret.use((bytes) => chains[row.chain].printSecret(bytes, publicKey)),
  'solana-keypair': (secret, { publicKey }) => secret.use((bytes) => JSON.stringify([...bytes, ...publicKey])),
  'keystore-v3'(secret, { row, password }) {
    if (!password) throw new KeyError('EXPORT_REFUSED', 'a keystore file needs a password of its own')
    return makeKeystoreV3(secret, row.address, password)
  },
}
