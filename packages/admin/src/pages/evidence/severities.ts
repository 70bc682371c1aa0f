import type { Severity } from '@waiaas/contract'
import type { Tone } from '../../parts/values.tsx'
import { words } from './words.ts'

/** How bad an event is, for people. */
export const severityWords = {
  info: words.severityInfo,
  warning: words.severityWarning,
  critical: words.severityCritical,
}
export const severityTones: Readonly<Record<Severity, Tone>> = { info: 'plain', warning: 'warn', critical: 'bad' }
