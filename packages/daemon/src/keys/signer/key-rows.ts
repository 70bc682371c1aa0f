import { KeyError } from '../key-error.ts'
import { underCeiling } from '../key-mark.ts'
import type { Chain, KeyRow } from '../types.ts'
import { decryptSecret, encryptSecret, fromBase64, isBox } from './box.ts'
import { chains } from './chains.ts'
import { curves, type OpenKey, secretBytes } from './curves.ts'
import { Guarded } from './guarded.ts'
import type { Keyring } from './keyring.ts'

/** A new random key of a wallet. */
export function createKey(keyring: Keyring, walletId: string, chain: Chain): KeyRow {
  const { curve } = chainKeys(chain)
  for (;;) {
    const secret = Guarded.random(secretBytes)
    if (secret.use((bytes) => curves[curve].isValid(bytes))) return storeKey(keyring, { walletId, chain }, secret)
    secret.wipe()
  }
}

/** The mark of rows that were written before there were ceilings. */
const PLAIN = 1

type Holder = Pick<KeyRow, 'walletId' | 'chain'>

/** Encrypts a secret to its row and wipes it. */
export function storeKey(keyring: Keyring, { walletId, chain }: Holder, secret: Guarded): KeyRow {
  const { curve, address: addressOf } = chainKeys(chain)
  const key = curves[curve].open(secret)
  try {
    const address = addressOf(key.publicKey)
    const box = encryptSecret(
      keyring.walletKeys,
      secret,
      associatedData({ walletId, chain, address, curve }, underCeiling),
    )
    box[0] = underCeiling
    return { walletId, chain, address, curve, ciphertext: box.toString('base64') }
  } finally {
    key.close()
  }
}

/** Throws KEY_ROW_CORRUPT when the row is not what was written for this wallet. */
export function openSecret(keyring: Keyring, row: KeyRow): Guarded {
  const { curve } = chainKeys(row.chain)
  if (row.curve !== curve) throw corrupt(row, `${row.chain} keys are on ${curve}`)
  const box = fromBase64(row.ciphertext)
  const mark = box?.[0] === underCeiling ? underCeiling : PLAIN
  if (box && mark === underCeiling) box[0] = PLAIN
  if (!box || !isBox(box, secretBytes)) throw corrupt(row, 'it is cut short or not in the written form')
  const secret = decryptSecret(keyring.walletKeys, box, associatedData(row, mark))
  if (!secret) throw corrupt(row, 'it was altered, or belongs to another wallet, address or keyring')
  return secret
}

/** Opens a row for signing: KEY_MISMATCH unless the key still gives the stored address. */
export function openKey(keyring: Keyring, row: KeyRow): OpenKey {
  const secret = openSecret(keyring, row)
  const key = curves[row.curve].open(secret)
  const address = chains[row.chain].address(key.publicKey)
  if (address === row.address) return key
  key.close()
  throw new KeyError('KEY_MISMATCH', `the key of wallet ${row.walletId} gives ${address}, its row says ${row.address}`)
}

export function chainKeys(chain: Chain) {
  if (!Object.hasOwn(chains, chain)) throw new KeyError('IMPORT_INVALID', 'no such chain')
  return chains[chain]
}

/** What a row's ciphertext is bound to, its mark included. */
export const associatedData = (
  { walletId, chain, address, curve }: Omit<KeyRow, 'ciphertext'>,
  mark: number = PLAIN,
): Buffer => Buffer.from(JSON.stringify([`waiaas/wallet-key/${mark}`, walletId, chain, address, curve]))

const corrupt = (row: KeyRow, why: string) =>
  new KeyError('KEY_ROW_CORRUPT', `the key row of wallet ${row.walletId} is damaged (${why}); restore it from a backup`)
