import { Failure, invalidField, type Output, type Parsed, type walletOperations } from '@waiaas/contract'
import { accountKey, type Proof } from '../keys/service.ts'
import type { By } from '../platform/caller.ts'
import type { WalletDependencies } from './dependencies.ts'
import { keyFailures } from './key-failures.ts'
import { needLiveWallet } from './lookup.ts'

type Input = Parsed<typeof walletOperations.exportWallet>
type Answer = Output<typeof walletOperations.exportWallet>

/** The one door through which a key leaves: the operator with the master password again, on record before it is opened. */
export function exporting({ database, audit, keys, keyRows, verifyPassword, needConsent }: WalletDependencies) {
  return async (input: Input, by: By, shown: Proof): Promise<Answer> => {
    const { id, format, password, sealTo } = input
    const { address } = await database.read((db) => needLiveWallet(db, id))
    if (input.address !== undefined && !isSame(input.address, address))
      throw invalidField('address', `expected the address of the wallet, ${address}`)
    // A sealed one is shown to the signer again.
    const again = typeof shown === 'string' ? input.masterPassword : shown
    if (again === undefined) throw invalidField('masterPassword', 'expected the master password again')
    if (typeof again !== 'string' && sealTo === undefined)
      throw invalidField('sealTo', 'expected a key to seal to, because the master password came sealed')
    if (typeof again !== 'string' && input.address === undefined)
      throw invalidField('address', 'expected the address of the wallet, because the master password came sealed')
    const isRight = typeof again === 'string' ? await verifyPassword(again) : true
    const row = await database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, async (db) => {
      const wallet = await needLiveWallet(db, id)
      if (isRight) {
        const sealed = sealTo === undefined ? '' : `, sealed to ${sealTo}`
        await needConsent(db, {
          action: 'export',
          words: `the private key of the wallet ${JSON.stringify(wallet.name)}, ${address}, as ${format}${sealed}`,
          content: { id, address, format, sealTo: sealTo ?? null },
          wallet: id,
        })
        const details = { format, sealed: sealTo !== undefined }
        await audit.record(db, { event: 'WALLET_EXPORTED', walletId: id, ...by, details })
      } else {
        const details = { at: 'export' } as const
        await audit.record(db, { event: 'MASTER_AUTH_FAILED', walletId: id, ...by, details })
      }
      return wallet
    })
    if (!isRight) throw new Failure('INVALID_MASTER_PASSWORD', 'masterPassword is not the master password')
    const options = {
      format,
      ...(password !== undefined && { password }),
      ...(sealTo !== undefined && { recipient: sealTo }),
    }
    const exported = await keyFailures(keys.export(await keyRows.key(id), again, options))
    const secret = 'text' in exported ? { secret: exported.text } : exported
    return { id, chain: row.chain, publicKey: row.address, format, ...secret }
  }
}

const isSame = (given: string, own: string): boolean =>
  given === own || (accountKey(given) !== undefined && accountKey(given) === accountKey(own))
