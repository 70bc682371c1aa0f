import { Failure } from '@waiaas/contract'
import type { Guesses } from './guesses.ts'

/** Who asks, and whether it is for a stop. */
export type Asking = { readonly group: string; readonly isStop: boolean }
/** The keyring as it is stored when the turn of a guess has come: another replica may change it meanwhile. */
export type InTurn = (guess: string, asking: Asking) => Promise<string>

/** Failures MASTER_PASSWORD_LOCKED, KEYSTORE_LOCKED. */
export const inTurn =
  (guesses: Pick<Guesses, 'turn'>, readRow: () => Promise<string | undefined>): InTurn =>
  async (guess, { group, isStop }) => {
    const row = await readRow()
    const turn = guesses.turn(group, { guess, isStop })
    if (!turn) return made(row)
    await turn
    return made(await readRow())
  }

function made(row: string | undefined): string {
  if (row !== undefined) return row
  throw new Failure('KEYSTORE_LOCKED', 'this daemon has no keyring yet: start it with a password')
}
