import { factsOf, LOCAL_NETWORKS, nativeAsset, toBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { effectsOf } from '../decode.ts'
import { nftTransfer } from './nft-transfer.ts'

const network = LOCAL_NETWORKS.find(({ id }) => id === 'local-evm')!
const [me, to, contract] = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`, `0x${'33'.repeat(20)}`]

test.each([
  ['one of ERC-721', true, 1n],
  ['some of ERC-1155', false, 5n],
])('%s is read back as what was asked for, and calls the contract', (_, isSingle, amount) => {
  const intent = { kind: 'nft-transfer', to, contract, tokenId: toBase(7n), amount: toBase(amount), isSingle } as const
  const call = nftTransfer.call(me, intent)
  const effects = effectsOf({ network, sender: me, tx: call })
  expect(effects).toContainEqual({ kind: 'nft', contract, tokenId: '7', amount: String(amount), to })
  const fee = { asset: nativeAsset(network), max: '0' }
  expect(factsOf({ network: network.id, sender: me, effects, fee })).toMatchObject({
    ...{ nfts: [{ contract, tokenId: '7', to }], calls: [{ contract }], unknown: [] },
  })
})
