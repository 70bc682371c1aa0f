import type { Network } from '@waiaas/contract'
import type { Hints } from '../../build.ts'
import type { Intent, IntentOf } from '../../intent.ts'
import type { Plan, Planned } from './plan.ts'

type Plans = { planOf(network: Network, intent: Intent): Plan<Intent>; hintsOf(intent: Intent): Hints }

/** The instructions of all parts, in their order: the cluster does all of them, or nothing. */
export const batchOf = ({ planOf, hintsOf }: Plans): Plan<IntentOf<'batch'>> => ({
  async instructions(context, sender, { parts }) {
    const planned: Planned[] = []
    for (const { intent } of parts)
      planned.push(await planOf(context.network, intent).instructions(context, sender, intent))
    const units = planned.map((one) => one.units)
    const isKnown = units.every((one) => one !== undefined)
    const neverFunded = planned.flatMap((one) => one.neverFunded ?? [])
    const lookups = planned.flatMap((one) => one.lookups ?? [])
    return {
      instructions: planned.flatMap(({ instructions }) => instructions),
      ...(neverFunded.length > 0 && { neverFunded }),
      ...(lookups.length > 0 && { lookups }),
      ...(isKnown && { units: units.reduce((sum, one) => sum + one, 0) }),
    }
  },
  hints({ parts }) {
    const all = parts.map(({ intent }) => hintsOf(intent))
    const lookups = all.flatMap((one) => one.lookups ?? [])
    return { owners: all.flatMap(({ owners = [] }) => owners), ...(lookups.length > 0 && { lookups }) }
  },
})
