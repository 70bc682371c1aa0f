import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestOf } from '../../../test/signing.ts'
import type { Ceiling, ChainCeiling, KeyRow, SignRequest } from '../types.ts'
import { makeCeilings } from './ceilings.ts'
import { Guarded } from './guarded.ts'
import { storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, wipeKeyring } from './keyring.ts'
import { newest } from './lifts.ts'
import { signBatch } from './sign.ts'

const TOKEN = '0x00000000000000000000000000000000000000c3'
const SPENDER = '0x00000000000000000000000000000000000000b2'
const TYPE = 'address owner,address spender,uint256 value,uint256 nonce,uint256 deadline'
const fields = TYPE.split(',').map((each) => {
  const [type, name] = each.split(' ')
  return { name, type }
})

let keyring: Keyring
let key: KeyRow
beforeAll(async () => {
  keyring = (await createKeyring(Buffer.from('password', 'utf8'))).keyring
  key = storeKey(keyring, { walletId: 'w', chain: 'ethereum' }, Guarded.taken(Buffer.from('46'.repeat(32), 'hex')))
})
afterAll(() => wipeKeyring(keyring))

/** A permit as the daemon would ask for it. */
const permit = (
  value: bigint,
  { nonce = 0, chainId = '31337', contract = TOKEN, spender = SPENDER, primaryType = 'Permit' } = {},
) =>
  requestOf(
    'evm-typed-data',
    Buffer.from(
      JSON.stringify({
        domain: { name: 'T', chainId, verifyingContract: contract },
        types: { [primaryType]: fields },
        primaryType,
        message: {
          owner: key.address.toLowerCase(),
          spender,
          value: `${value}`,
          nonce: `${nonce}`,
          deadline: '2000000000',
        },
      }),
    ),
  )

const none = { transaction: '0', day: '0' }
const base: ChainCeiling = {
  ...{ native: none, fee: '0', otherTokens: false, contracts: [] },
  tokens: { [TOKEN]: { transaction: '10', day: '15' } },
}
/** Signs one after the other under such a ceiling, as a daemon that was taken over could ask; `ok`, or the code. */
function asked(
  requests: readonly SignRequest[],
  chain: Partial<ChainCeiling> = {},
  recipients: Ceiling['recipients'] = [],
) {
  const ceilings = makeCeilings(keyring, { witness: { named: () => 0 }, password: newest(), signer: '' })
  const ceiling = ceilings.set({
    address: key.address,
    next: { chains: { 'eip155:31337': { ...base, ...chain } }, recipients },
  })
  return signBatch({ keyring, ceilings }, { key, ceiling, lane: 'lane', requests }).results.map(
    ({ code }) => code ?? 'ok',
  )
}

test('a permit counts as an allowance: no more at once, and no more in a day, than the ceiling says', () => {
  expect(asked([permit(10n)])).toEqual(['ok'])
  expect(asked([permit(11n)])).toEqual(['CEILING_EXCEEDED'])
  expect(asked([permit(8n), permit(7n, { nonce: 1 }), permit(1n, { nonce: 2 })])).toEqual([
    'ok',
    'ok',
    'CEILING_EXCEEDED',
  ])
})

test('a permit without a limit, of another token, on another chain, or to a stranger is above the ceiling', () => {
  expect(asked([permit(2n ** 256n - 1n)])).toEqual(['CEILING_EXCEEDED'])
  expect(asked([permit(1n, { contract: SPENDER })])).toEqual(['CEILING_EXCEEDED'])
  expect(asked([permit(1n, { chainId: '1' })])).toEqual(['CEILING_EXCEEDED'])
  expect(asked([permit(1n)], {}, [TOKEN])).toEqual(['CEILING_EXCEEDED'])
  expect(asked([permit(1n)], {}, [SPENDER])).toEqual(['ok'])
})

test('what the signer cannot read is signed for contracts that the ceiling names alone', () => {
  const order = permit(1n, { primaryType: 'Order' })
  expect(asked([order])).toEqual(['CEILING_EXCEEDED'])
  expect(asked([order], { contracts: [SPENDER] })).toEqual(['CEILING_EXCEEDED'])
  expect(asked([order], { contracts: [TOKEN] })).toEqual(['ok'])
})

test('what was signed for as payments counts for messages too, also after a restart of the signer', () => {
  const parts = () => makeCeilings(keyring, { witness: { named: () => 0 }, password: newest(), signer: '' })
  const next = { chains: { 'eip155:31337': base }, recipients: [] }
  const ceilings = parts()
  const ceiling = ceilings.set({ address: key.address, next })
  const { counted } = signBatch({ keyring, ceilings }, { key, ceiling, lane: 'one', requests: [permit(10n)] })
  const beside = { text: counted!.text, seal: counted!.seal }
  const later = (more: object) =>
    signBatch(
      { keyring, ceilings: parts() },
      { key, ceiling, lane: 'other', requests: [permit(6n, { nonce: 1 })], ...more },
    )
  expect(later({}).results).toMatchObject([{ signature: expect.any(Uint8Array) }])
  expect(later({ beside }).results).toMatchObject([{ code: 'CEILING_EXCEEDED' }])
  expect(later({ beside: { ...beside, text: beside.text.replace('10', '1') } }).results).toMatchObject([
    { code: 'KEY_ROW_CORRUPT' },
  ])
})

test('typed data is no text and no transaction, and neither is typed data', () => {
  const { payload } = permit(1n)
  const odd = [requestOf('evm-tx', payload), requestOf('evm-typed-data', Buffer.from('hello'))]
  expect(asked(odd)).toEqual(['SIGN_REFUSED', 'SIGN_REFUSED'])
  const { authorisation } = permit(2n)
  expect(asked([{ ...permit(1n), authorisation }])).toEqual(['SIGN_REFUSED'])
})
