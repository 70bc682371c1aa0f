import { untold } from '../border.ts'
import type { Draft } from '../build.ts'
import type { Ran } from '../follow.ts'
import { readBody } from './draft.ts'
import type { GasSource } from './gas.ts'

/** The gas that a draft uses, as a node tells it. */
export const runner =
  (gas: GasSource) =>
  async (sender: string, draft: Draft): Promise<Ran | undefined> => {
    const units = await gas.used({ from: sender.toLowerCase(), ...readBody(draft) }).catch(untold)
    return units && { units, logs: [] }
  }
