import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const contractDeploy: Lacking<IntentOf<'contract-deploy'>> = {
  lacks: () => 'has programs, which this release does not deploy',
}
