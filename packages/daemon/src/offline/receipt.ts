import { familiesOf } from '@waiaas/contract'
import { families } from '../chains/families.ts'
import { passkeyPage } from '../owners/service.ts'
import { constraintsOf } from '../sessions/service.ts'
import { type ReceiptVerdict, verifyReceipt as verify } from '../transactions/service.ts'

export type { ReceiptVerdict }

/** As the header had it. */
const bytesOf = (signature: string): Buffer =>
  signature.startsWith('0x') ? Buffer.from(signature.slice(2), 'hex') : Buffer.from(signature, 'base64')

/** Proves a receipt on any machine, from itself and the public key alone: no daemon, database or node is asked. */
export const verifyReceipt = (receipt: unknown, publicKey: string): Promise<ReceiptVerdict> =>
  verify(receipt, {
    publicKey,
    constraints: constraintsOf,
    signing: {
      isSigned(address, text, signature) {
        const [family] = familiesOf(address)
        return (family && families[family]?.owner.isSigned(address, text, bytesOf(signature))) ?? false
      },
      passkeyPage: (passkey, text, signature) => passkeyPage(passkey, text, bytesOf(signature)),
    },
    async chain(network) {
      const family = families[network.chain]
      if (!family) throw new Error(`networks of ${network.chain} are not supported by this release`)
      const nobody = { warn() {}, disputed() {}, watched: async () => [], promised: async () => undefined }
      return family.open({ ...{ network, urls: [], allowForeignGenesis: false, clock: () => 0 }, ...nobody })
    },
  })
