import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, type Output, type skillOperations } from '@waiaas/contract'
import { skillPages } from './pages.ts'

/** The guides as they lie in the project; the bundle has a copy beside itself. */
const DIRECTORY = join(import.meta.dirname, '../../../../skills')

type Skill = Omit<Output<typeof skillOperations.getSkill>, 'version'> & { readonly description: string }
type Listed = Output<typeof skillOperations.listSkills>
export type SkillService = ReturnType<typeof skillService>

/** The guides for agents, read once when somebody asks for one: a daemon without them pays all the same. */
export function skillService(version: string) {
  let read: readonly Skill[] | undefined
  const skills = () => {
    read ??= readSkills()
    return read
  }
  const find = (name: string) => skills().find((skill) => skill.name === name)
  const list = (): Listed => ({
    version,
    items: skills().map(({ name, description, sha256 }) => ({ name, description, sha256 })),
  })
  return {
    list,
    pages: skillPages({ list, text: (name) => find(name)?.content }),
    /** Failure SKILL_NOT_FOUND. */
    get(name: string): Output<typeof skillOperations.getSkill> {
      const skill = find(name)
      if (skill) return { name, content: skill.content, version, sha256: skill.sha256 }
      const known = skills()
        .map((each) => each.name)
        .join(', ')
      throw new Failure('SKILL_NOT_FOUND', `no skill of that name; there are ${known}`)
    },
  }
}

const readSkills = (): readonly Skill[] =>
  readdirSync(DIRECTORY)
    .filter((file) => file.endsWith('.md'))
    .sort(firstToRead)
    .map((file) => skillOf(file.slice(0, -'.md'.length)))

/** The one that says where to begin is the first of each list. */
const FIRST = 'quickstart.md'
const firstToRead = (a: string, b: string): number => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1)

function skillOf(name: string): Skill {
  const content = readFileSync(join(DIRECTORY, `${name}.md`), 'utf8')
  const description = /^---\nname: (\S+)\ndescription: (.+)\n/.exec(content)
  if (description?.[1] !== `waiaas-${name}`) throw new Error(`skills/${name}.md does not begin with what it is`)
  return { name, content, description: description[2]!, sha256: createHash('sha256').update(content).digest('hex') }
}
