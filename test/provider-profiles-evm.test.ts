import { type EvmNode, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { play, playTogether } from './support/providers/drama.ts'
import { evmProfiles } from './support/providers/evm.ts'

let evm: EvmNode
let solana: SolanaNode
beforeAll(async () => {
  evm = await startEvm({ slotsInAnEpoch: 1, blockTime: 0.25 })
  solana = await startSolana({ slotMs: 50, finalSlots: 8 })
})
afterAll(async () => {
  await evm.stop()
  await solana.stop()
})

// Several at a time on a busy machine.
const timeout = 240_000

describe.concurrent('behind an EVM endpoint like', () => {
  test.each(evmProfiles)(
    '$name the demo, 50 sends at once and a restart go well, and each is paid once',
    { timeout },
    (profile) => play(profile, { evm, solana }, profile.name === 'drpc-free' ? 'kill' : 'terminate'),
  )

  test.each([
    ['alchemy-free', 'load-balanced-evm'],
    ['cloudflare-gateway', 'prices-missing', 'drpc-free'],
  ])('%s and then others, 50 sends at once and a restart go well', { timeout }, (...names) =>
    playTogether(
      names.map((name) => evmProfiles.find((profile) => profile.name === name)!),
      { evm, solana },
    ),
  )
})
