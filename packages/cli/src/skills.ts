import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AllOperations, Output } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError, errorCode } from './errors.ts'
import { readIfThere } from './place.ts'

type Listed = Output<AllOperations['listSkills']>

/** How a copy of a skill stands to the one of the daemon; `unknown`: the daemon has none of that name. */
export type Copy = {
  readonly name: string
  readonly state: 'same' | 'missing' | 'differs' | 'unknown'
  readonly path: string
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/
/** Skills of others may lie in the same folder. */
const OURS = 'waiaas-'

/** Where a skill lies in a folder of skills: programs of agents look for a folder of its name. */
const placeOf = (folder: string, name: string): string => join(folder, `${OURS}${name}`, 'SKILL.md')
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What the daemon has. CommandError where a name would lead out of the folder: an address can be of any server. */
export async function servedSkills(api: WAIaaSClient): Promise<Listed> {
  const listed = await api.listSkills()
  const odd = listed.items.find(({ name }) => !NAME.test(name))
  if (odd)
    throw new CommandError('the daemon lists a skill whose name is none', 'look whether --base-url names your daemon')
  return listed
}

/** The text of one, compared with what the list says of it. */
export async function skillText(
  api: WAIaaSClient,
  { name, sha256: expected }: Listed['items'][number],
): Promise<string> {
  const { content } = await api.getSkill({ name })
  if (sha256(content) === expected) return content
  throw new CommandError(
    `the daemon sends another text of ${name} than it lists`,
    'try again: it may have been replaced just now',
  )
}

/** How the copies in a folder stand to what the daemon has, and copies of ours that it has not. */
export async function copiesIn(folder: string, { items }: Listed): Promise<Copy[]> {
  const copies: Copy[] = []
  for (const { name, sha256: expected } of items) {
    const path = placeOf(folder, name)
    const text = await readIfThere(path)
    const state = text === undefined ? 'missing' : sha256(text) === expected ? 'same' : 'differs'
    copies.push({ name, state, path })
  }
  const known = new Set(items.map(({ name }) => `${OURS}${name}`))
  const others = (await foldersIn(folder)).filter((name) => name.startsWith(OURS) && !known.has(name))
  for (const other of others)
    copies.push({ name: other.slice(OURS.length), state: 'unknown', path: join(folder, other) })
  return copies
}

async function foldersIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
