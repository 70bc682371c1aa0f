import type { ComponentType } from 'react'
import type { Words } from '../words/pair.ts'

/** One page: where it is found, how the navigation calls it and where it stands there. */
export type PageDefinition = {
  /** The first part of the address behind `#/`; the first page has none. */
  readonly path: string
  /** `nav` is what the navigation says. */
  readonly words: { readonly nav: Words }
  readonly order: number
  /** `rest` is what the address has behind the path: an id, or a part of the page. */
  readonly Component: ComponentType<{ readonly rest: readonly string[] }>
}
