import type { PageDefinition } from './definition.ts'
import { page as home } from './home/page.tsx'

/** Every page, in no order: each says where it stands. */
export const pages: readonly PageDefinition[] = [home]
