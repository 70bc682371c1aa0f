import { approval } from '../read/erc20.ts'
import { type Meaning, number, requireOwn, text, until } from './meaning.ts'

const ALL = 2n ** 256n - 1n
/** Contracts take it as no end at all. */
const NEVER = 0n

/** That a spender may take so much of the contract's token: https://eips.ethereum.org/EIPS/eip-2612 */
const permit: Meaning = {
  is: (type) => type === 'Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)',
  read(of) {
    const { owner, spender, value, nonce, deadline } = of.data.message
    requireOwn(owner, of)
    const granted = { token: of.contract, spender: text(spender), amount: number(value) }
    return {
      effects: [approval(of.network, granted), until(number(deadline))],
      claim: { by: 'nonces', contract: of.contract, owner: of.sender, nonce: text(nonce), deadline: text(deadline) },
    }
  },
}

/** The same of DAI, for everything or nothing: https://github.com/makerdao/dss/blob/master/src/dai.sol */
const daiPermit: Meaning = {
  is: (type) => type === 'Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)',
  read(of) {
    const { holder, spender, nonce, expiry, allowed } = of.data.message
    requireOwn(holder, of)
    const granted = { token: of.contract, spender: text(spender), amount: allowed === true ? ALL : 0n }
    const deadline = number(expiry) === NEVER ? ALL : number(expiry)
    return {
      effects: [approval(of.network, granted), until(deadline)],
      claim: { by: 'nonces', contract: of.contract, owner: of.sender, nonce: text(nonce), deadline: `${deadline}` },
    }
  },
}

export const permits: readonly Meaning[] = [permit, daiPermit]
