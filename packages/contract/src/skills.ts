import { z } from 'zod'
import { operation } from './operation.ts'

const tag = 'Skills'
const Sha256 = z
  .string()
  .describe('SHA-256 of the text in UTF-8, in hex: a copy with another one is of another version')

/** One skill, as a list shows it. */
export const SkillItem = z.object({ name: z.string(), description: z.string(), sha256: Sha256 })

/** Short guides that an agent reads before it uses a part of the daemon. */
export const skillOperations = {
  listSkills: operation({
    method: 'GET',
    path: '/v1/skills',
    access: 'public',
    tag,
    summary: 'List the skills: short guides for agents, each about one thing that this daemon does.',
    command: 'skill list',
    input: z.strictObject({}),
    output: z.object({ version: z.string().describe('of the daemon that they are about'), items: z.array(SkillItem) }),
    errors: [],
  }),
  getSkill: operation({
    method: 'GET',
    path: '/v1/skills/{name}',
    access: 'public',
    tag,
    summary: 'Read a skill: a guide in Markdown, with calls that work as they stand.',
    command: 'skill show',
    example: 'transactions',
    input: z.strictObject({ name: z.string().max(64).describe('the name of a skill, such as quickstart') }),
    output: z.object({ name: z.string(), content: z.string(), version: z.string(), sha256: Sha256 }),
    errors: ['SKILL_NOT_FOUND'],
  }),
}
