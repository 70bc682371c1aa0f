import { toBase } from '@waiaas/contract'
import { deployEvmFixtures, mintToken, startEvm } from '@waiaas/localnet'
import { chainConformance } from '../../../test/chain-conformance.ts'
import { ethereum, localEvm, newKey, signature } from '../../../test/evm-bed.ts'
import { evmChain } from './chain.ts'

const mixed = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const purse = 10n ** 18n

async function make() {
  const node = await startEvm({ slotsInAnEpoch: 1 })
  const fixtures = await deployEvmFixtures(node)
  await node.rpc('evm_setAutomine', [false])
  let now = 1_000_000
  const over = (network = localEvm) =>
    evmChain({ network, urls: [node.url], allowForeignGenesis: false, clock: () => now })
  const [chain, impostor] = [over(), over(ethereum)]
  return {
    chain,
    impostor,
    addresses: [mixed, mixed.toLowerCase(), `0x${mixed.slice(2).toUpperCase()}`].map((text) => [text, mixed] as const),
    notAddresses: [
      mixed.slice(2),
      mixed.slice(0, -1),
      `${mixed}0`,
      `0x${'0'.repeat(40)}`,
      `0x5aa${mixed.slice(5)}`,
      '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY',
    ],
    token: await chain.token(fixtures.permitToken),
    newAddress: () => newKey().address,
    async payer() {
      const key = newKey()
      await node.fund(key.address, purse)
      return { address: key.address, sign: (unsigned: Uint8Array) => signature(key, unsigned) }
    },
    purse,
    async mint(to: string, amount: bigint) {
      await node.rpc('evm_setAutomine', [true])
      await mintToken(node, fixtures.permitToken, { to, amount })
      await node.rpc('evm_setAutomine', [false])
    },
    /** The recipient becomes a contract that refuses. */
    async doomed({ address }: { address: string }) {
      const to = newKey().address
      const draft = await chain.draft(address, { kind: 'transfer', to, amount: toBase(1n) })
      await node.rpc('anvil_setCode', [to, '0x60006000fd'])
      return draft
    },
    async pass(blocks: number) {
      await node.mine(blocks)
      now += 60_000
    },
    finalAfter: 2,
    close() {
      chain.close()
      impostor.close()
      return node.stop()
    },
  }
}

chainConformance(make, { order: true, expiry: false })
