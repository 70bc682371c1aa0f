import { type DerivedAddress, Failure, type ImportedSecret } from '@waiaas/contract'
import type { Chain, ImportSecret, Keys, SealedImport } from '../keys/service.ts'
import { keyFailures } from './key-failures.ts'

type Format = ImportedSecret['format']
type Fields = { readonly [Field in keyof ImportedSecret | 'sealed']?: string | undefined } & {
  readonly format?: Format | undefined
  readonly derivation?: ImportedSecret['derivation']
}

/** The wire's fields in the form that the signer reads. What is sealed only the signer can open. */
export function importSecret(input: Fields): ImportSecret | SealedImport {
  const { format, secret, sealed } = input
  if (sealed !== undefined) return { sealed }
  if (format === undefined || secret === undefined)
    throw new Failure('INVALID_IMPORT', 'expected sealed, or secret with its format')
  assertFields(format, input)
  switch (format) {
    case 'private-key':
      return { kind: format, text: secret }
    case 'mnemonic': {
      const { derivation, path, passphrase } = input
      return {
        kind: format,
        phrase: secret,
        ...(derivation !== undefined && { derivation }),
        ...(path !== undefined && { path }),
        ...(passphrase !== undefined && { passphrase }),
      }
    }
    case 'solana-keypair':
      return { kind: format, json: secret }
    case 'keystore-v3':
    case 'waiaas-2':
      return { kind: format, json: secret, password: input.password ?? '' }
  }
}

/** The addresses of a recovery phrase that says no derivation, the one first that an import takes; none of other secrets. */
export async function derivedAddresses(
  keys: Pick<Keys, 'derivations'>,
  chain: Chain,
  secret: ImportSecret | SealedImport,
): Promise<DerivedAddress[]> {
  const found = await keyFailures(keys.derivations(chain, secret))
  return found.map(({ address, ...way }) => ({ ...way, publicKey: address }))
}

const EXTRAS = ['password', 'derivation', 'path', 'passphrase'] as const
const FIELDS: Record<Format, { readonly needed?: 'password'; readonly allowed: readonly string[] }> = {
  'private-key': { allowed: [] },
  mnemonic: { allowed: ['derivation', 'path', 'passphrase'] },
  'keystore-v3': { needed: 'password', allowed: ['password'] },
  'solana-keypair': { allowed: [] },
  'waiaas-2': { needed: 'password', allowed: ['password'] },
}

/** A field that would be ignored is refused: a passphrase that is not applied gives another wallet. */
function assertFields(format: Format, input: Fields): void {
  const { needed, allowed } = FIELDS[format]
  if (needed && input[needed] === undefined)
    throw new Failure('INVALID_IMPORT', `expected ${needed} with the format ${format}`)
  const extra = EXTRAS.find((field) => input[field] !== undefined && !allowed.includes(field))
  if (extra) throw new Failure('INVALID_IMPORT', `expected no ${extra} with the format ${format}`)
}
