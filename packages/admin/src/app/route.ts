import { useSyncExternalStore } from 'react'
import { pages } from '../pages/all.ts'
import type { PageDefinition } from '../pages/definition.ts'

/** Which page an address names, and what stands behind its path. */
type Route = { readonly page: PageDefinition; readonly rest: readonly string[] }

const hashNow = (): string => location.hash
const onChange = (listener: () => void) => {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

/** The page of the address; one that names none shows the first. */
export function useRoute(): Route {
  const [path = '', ...rest] = useSyncExternalStore(onChange, hashNow)
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decoded)
  const found = pages.find((each) => each.path === path)
  return found ? { page: found, rest } : { page: pages.find((each) => each.path === '')!, rest: [] }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // Somebody typed it.
    return part
  }
}
