import { Failure } from '@waiaas/contract'
import type { Guesses } from './guesses.ts'

/** Who asks, and whether it is for a stop. */
export type Asking = { readonly group: string; readonly isStop: boolean }
/**
 * Looks at a guess when its turn has come, with the keyring as it is stored then: another replica may change it meanwhile.
 * Nothing comes between the turn and the look, which counts the guess: else as many as come at once would all be the first.
 */
export type InTurn = <T>(guess: string, asking: Asking, look: (row: string) => Promise<T>) => Promise<T>

/** Failures MASTER_PASSWORD_LOCKED, KEYSTORE_LOCKED. */
export const inTurn =
  (guesses: Pick<Guesses, 'turn'>, readRow: () => Promise<string | undefined>): InTurn =>
  async (guess, { group, isStop }, look) => {
    const row = await readRow()
    const turn = guesses.turn(group, { guess, isStop })
    if (!turn) return look(made(row))
    await turn
    return look(made(await readRow()))
  }

function made(row: string | undefined): string {
  if (row !== undefined) return row
  throw new Failure('KEYSTORE_LOCKED', 'this daemon has no keyring yet: start it with a password')
}
