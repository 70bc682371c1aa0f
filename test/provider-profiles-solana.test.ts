import { type EvmNode, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { play, playTogether } from './support/providers/drama.ts'
import { solanaProfiles } from './support/providers/solana.ts'

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

describe.concurrent('behind a Solana endpoint like', () => {
  test.each(solanaProfiles)(
    '$name the demo, 50 sends at once and a restart go well, and each is paid once',
    { timeout },
    (profile) => play(profile, { evm, solana }, profile.name === 'solana-public' ? 'kill' : 'terminate'),
  )

  test.each([
    ['solana-public', 'few-methods'],
    ['load-balanced-solana', 'helius-free'],
  ])('%s and then others, 50 sends at once and a restart go well', { timeout }, (...names) =>
    playTogether(
      names.map((name) => solanaProfiles.find((profile) => profile.name === name)!),
      { evm, solana },
    ),
  )
})
