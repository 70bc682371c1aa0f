import type { PageDefinition } from '../definition.ts'
import '../../parts/lists.css'
import { Detail } from './detail.tsx'
import { List } from './list.tsx'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'activity', words, order: 20, Component: Activity }

/** `#/activity` is the list, `#/activity/<id>` one of it, and `#/activity/wallet/<id>` or `…/session/<id>` what one of those asked for. */
function Activity({ rest: [first, second] }: { readonly rest: readonly string[] }) {
  if (first === 'wallet' || first === 'session') return <List key={second} of={{ [first]: second ?? '' }} />
  return first ? <Detail key={first} id={first} /> : <List key="all" of={{}} />
}
