import { fromHex, toHex } from './hex.ts'
import { encodeItems, itemsIn, listOf, type Part } from './rlp.ts'

/**
 * What a transaction says beforehand that it reads: accounts, and slots of their storage. It pays for each, and less when it
 * reads them; nothing else depends on it. Lower-case hex. https://eips.ethereum.org/EIPS/eip-2930
 */
export type AccessList = readonly { readonly address: string; readonly storageKeys: readonly string[] }[]

const ADDRESS_BYTES = 20
const KEY_BYTES = 32

/** Throws RangeError for what is not in its one form. */
export const readAccessList = (list: Part): AccessList =>
  partsOf(list, 'an access list').map((entry) => {
    const [address, keys, ...more] = partsOf(entry, 'an entry of the access list')
    if (!address || !keys || more.length > 0)
      throw new RangeError('expected an account and its slots in the access list')
    return {
      address: bytesOf(address, ADDRESS_BYTES),
      storageKeys: partsOf(keys, 'slots in the access list').map((key) => bytesOf(key, KEY_BYTES)),
    }
  })

function partsOf({ isList, content }: Part, what: string): Part[] {
  if (!isList) throw new RangeError(`expected ${what}, got a byte string`)
  return itemsIn(content)
}

function bytesOf({ isList, content }: Part, length: number): string {
  if (isList || content.length !== length) throw new RangeError(`expected ${length} bytes in the access list`)
  return toHex(content)
}

/** As it stands in a transaction. */
export const writeAccessList = (list: AccessList): Buffer =>
  listOf(
    list.map(({ address, storageKeys }) =>
      listOf([encodeItems([fromHex(address)]), listOf([encodeItems(storageKeys.map(fromHex))])]),
    ),
  )

const ACCOUNT_GAS = 2_400n
const SLOT_GAS = 1_900n
/** What naming them costs at least. */
export const accessGas = (list: AccessList): bigint =>
  list.reduce((sum, { storageKeys }) => sum + ACCOUNT_GAS + SLOT_GAS * BigInt(storageKeys.length), 0n)
