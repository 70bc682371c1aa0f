import type { Effect } from '@waiaas/contract'
import type { TypedValue } from '../../intent.ts'
import { approval } from '../read/erc20.ts'
import { PERMIT2 } from '../read/permits.ts'
import { fields, list, type Meaning, number, type TypedRead, text, until } from './meaning.ts'
import { encodedType } from './typed-data.ts'
import { receiversIn } from './witness.ts'

// What means something at Permit2 alone: https://github.com/Uniswap/permit2/blob/main/src/libraries/PermitHash.sol
const DETAILS = 'PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)'
const TOKEN = 'TokenPermissions(address token,uint256 amount)'

const granted = ({ network }: TypedRead, spender: TypedValue | undefined, one: TypedValue): Effect => {
  const { token, amount } = fields(one)
  return approval(network, { token: text(token), spender: text(spender), amount: number(amount) })
}

/** An allowance at Permit2 of one token or of several, by a nonce of each. */
const allowance = (name: string, array: '' | '[]'): Meaning => ({
  is: (type, contract) =>
    contract === PERMIT2 &&
    type === `${name}(PermitDetails${array} details,address spender,uint256 sigDeadline)${DETAILS}`,
  read(of) {
    const { details, spender, sigDeadline } = of.data.message
    const all = array === '' ? [details!] : list(details)
    return {
      effects: [...all.map((one) => granted(of, spender, one)), until(number(sigDeadline))],
      claim: {
        by: 'permit2Allowance',
        ...{ contract: PERMIT2, owner: of.sender, deadline: text(sigDeadline), spender: text(spender) },
        nonces: all.map((one) => ({ token: text(fields(one).token), nonce: text(fields(one).nonce) })),
      },
    }
  },
})

/** Leave to take once, to whomever the spender likes; a witness narrows what for, and may say for whom. */
const transfer = (name: string, array: '' | '[]'): Meaning => {
  const start = `(TokenPermissions${array} permitted,address spender,uint256 nonce,uint256 deadline`
  const isPlain = (type: string) => type === `Permit${name}${start})${TOKEN}`
  const isWitness = (type: string) => type.startsWith(`PermitWitness${name}${start},`) && type.includes(`)${TOKEN}`)
  return {
    is: (type, contract) => contract === PERMIT2 && (isPlain(type) || isWitness(type)),
    read(of) {
      const { permitted, spender, nonce, deadline } = of.data.message
      const type = encodedType(of.data.types, of.data.primaryType)
      const all = array === '' ? [permitted!] : list(permitted)
      return {
        effects: [
          ...all.map((one) => granted(of, spender, one)),
          ...(isPlain(type) ? [] : receiversIn(of, type)),
          until(number(deadline)),
        ],
        claim: {
          by: 'permit2Nonce',
          contract: PERMIT2,
          owner: of.sender,
          nonce: text(nonce),
          deadline: text(deadline),
        },
      }
    },
  }
}

export const permit2: readonly Meaning[] = [
  allowance('PermitSingle', ''),
  allowance('PermitBatch', '[]'),
  transfer('TransferFrom', ''),
  transfer('BatchTransferFrom', '[]'),
]
