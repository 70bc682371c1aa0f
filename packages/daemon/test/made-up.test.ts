import { sign } from 'node:crypto'
import { describe } from 'vitest'
import { chainConformance } from './chain-conformance.ts'
import { madeUpChain, madeUpKey } from './made-up-chain.ts'
import { FINAL_AFTER, LIVES, madeUpNode } from './made-up-node.ts'

const PURSE = 10_000_000n

/** The family that other tests run the pipeline on is a family like any other, with each set of traits. */
for (const order of [true, false])
  for (const expiry of [true, false])
    describe(`order ${order}, expiry ${expiry}`, () =>
      chainConformance(
        async () => {
          const node = madeUpNode({ order, expiry })
          const chain = madeUpChain(node)
          const own = madeUpKey().address
          return {
            ...{ chain, impostor: madeUpChain(node, true), token: node.token, purse: PURSE, finalAfter: FINAL_AFTER },
            addresses: [[own, own]],
            notAddresses: [own.slice(3), '0x00000000000000000000000000000000DeaDBeef', `${own} `],
            newAddress: () => madeUpKey().address,
            async payer() {
              const { address, key } = madeUpKey()
              node.fund(address, PURSE)
              return { address, sign: async (unsigned: Uint8Array) => sign(null, unsigned, key) }
            },
            mint: async (to: string, amount: bigint) => node.mint(to, amount),
            async doomed({ address }) {
              const { body, maxFee } = await chain.draft(address, { kind: 'transfer', to: own, amount: 1n })
              return { body: JSON.stringify({ ...JSON.parse(body), fails: true }), maxFee }
            },
            pass: async (blocks: number) => node.mine(blocks),
            expiredAfter: LIVES + FINAL_AFTER,
            close: async () => undefined,
          }
        },
        { order, expiry },
      ))
