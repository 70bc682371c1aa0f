import '../../parts/layout.css'
import type { PageDefinition } from '../definition.ts'
import { Agents } from './agents.tsx'
import { Connect } from './connect.tsx'
import { NewSession } from './new-session.tsx'
import { Pairing } from './pairing.tsx'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'agents', words, order: 15, Component: Page }

const PARTS = { new: NewSession, pair: Pairing, connect: Connect } as const

function Page({ rest: [part] }: { readonly rest: readonly string[] }) {
  if (part === undefined || !(part in PARTS)) return <Agents />
  // `in` has just said so.
  const Part = PARTS[part as keyof typeof PARTS]
  return <Part />
}
