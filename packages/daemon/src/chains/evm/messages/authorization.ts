import { tokenAsset } from '@waiaas/contract'
import { checksummed } from '../address.ts'
import { type Meaning, number, requireOwn, text, until } from './meaning.ts'

const FIELDS = 'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce'

/** A transfer that whoever has it can carry out, or its recipient alone: https://eips.ethereum.org/EIPS/eip-3009 */
const transfer = (name: string): Meaning => ({
  is: (type) => type === `${name}(${FIELDS})`,
  read(of) {
    const { from, to, value, validBefore, nonce } = of.data.message
    requireOwn(from, of)
    const asset = tokenAsset(of.network, of.contract)
    const by = 'authorizationState'
    return {
      effects: [{ kind: 'outflow', asset, amount: text(value), to: checksummed(text(to)) }, until(number(validBefore))],
      claim: { by, contract: of.contract, owner: of.sender, nonce: text(nonce), deadline: text(validBefore) },
    }
  },
})

export const authorizations: readonly Meaning[] = [
  transfer('TransferWithAuthorization'),
  transfer('ReceiveWithAuthorization'),
]
