import { sign } from 'node:crypto'
import { NETWORKS, toBase } from '@waiaas/contract'
import { chainConformance } from '../../../test/chain-conformance.ts'
import { newWallet, testBed } from '../../../test/solana-bed.ts'
import { solanaChain } from './chain.ts'
import { systemProgram, tokenProgram } from './programs.ts'

const mainnet = NETWORKS.find(({ id }) => id === 'solana-mainnet')!
const address = '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY'
const purse = 2_000_000_000n

async function make() {
  const bed = await testBed()
  const { chain, node, fixtures, spl } = bed
  const impostor = solanaChain({ network: mainnet, urls: [node.url] })
  return {
    chain,
    impostor,
    addresses: [address, tokenProgram].map((text) => [text, text] as const),
    notAddresses: ['0xabc', `${address}1`, address.slice(20), `${address.slice(0, -1)}0`, systemProgram],
    token: spl,
    newAddress: () => newWallet().address,
    async payer() {
      const { address, key } = await bed.funded(purse)
      return { address, sign: async (unsigned: Uint8Array) => new Uint8Array(sign(null, unsigned, key)) }
    },
    purse,
    mint: (to: string, amount: bigint) => fixtures.mintTo(spl.address, to, amount),
    /** More than there is: the node does not look before it takes it. */
    doomed: (payer: { address: string }) =>
      chain.draft(payer.address, { kind: 'transfer', to: newWallet().address, amount: toBase(2n * purse) }),
    async pass(blocks: number) {
      node.advance(blocks)
      bed.pass(600_000)
    },
    finalAfter: 31,
    expiredAfter: 200,
    close() {
      impostor.close()
      return bed.close()
    },
  }
}

chainConformance(make, { order: false, expiry: true })
