import { page as activity } from './activity/page.tsx'
import { page as agents } from './agents/page.tsx'
import type { PageDefinition } from './definition.ts'
import { page as evidence } from './evidence/page.tsx'
import { page as home } from './home/page.tsx'
import { page as notices } from './notices/page.tsx'
import { page as policies } from './policies/page.tsx'
import { page as settings } from './settings/page.tsx'
import { page as setup } from './setup/page.tsx'
import { page as wallets } from './wallets/page.tsx'

/** Every page, in no order: each says where it stands. */
export const pages: readonly PageDefinition[] = [
  home,
  activity,
  wallets,
  policies,
  agents,
  evidence,
  notices,
  settings,
  setup,
]
