import { page as activity } from './activity/page.tsx'
import type { PageDefinition } from './definition.ts'
import { page as evidence } from './evidence/page.tsx'
import { page as home } from './home/page.tsx'
import { page as notices } from './notices/page.tsx'

/** Every page, in no order: each says where it stands. */
export const pages: readonly PageDefinition[] = [home, activity, evidence, notices]
