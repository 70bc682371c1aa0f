import type { Handlers, skillOperations } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { SkillService } from './service.ts'

export const skillHandlers = (skills: SkillService): Handlers<typeof skillOperations, Calls> => ({
  listSkills: () => skills.list(),
  getSkill: (_call, { name }) => skills.get(name),
})
