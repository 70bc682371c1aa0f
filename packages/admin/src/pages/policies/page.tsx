import type { PageDefinition } from '../definition.ts'
import { Edit, New } from './editor.tsx'
import { File } from './file.tsx'
import { List } from './list.tsx'
import { Templates } from './templates.tsx'
import './policies.css'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'policies', words, order: 40, Component: Policies }

/** The list, or what the address names behind it. */
function Policies({ rest: [part, wallet] }: { readonly rest: readonly string[] }) {
  if (part === 'new') return <New key={wallet} walletId={wallet} />
  if (part === 'templates') return <Templates />
  if (part === 'file') return <File />
  if (part) return <Edit key={part} id={part} />
  return <List />
}
