import type { Settings } from './settings.ts'

type JudgedSetting = Extract<
  keyof Settings,
  `policy.${string}` | 'oracle.fixed_prices' | 'oracle.max_age_seconds' | `security.policy_defaults_${string}`
>
/** The settings that a decision may read: each change of one is a change of the policies. */
export type JudgedSettings = Pick<Settings, JudgedSetting>

export const isJudgedSetting = (key: string): key is JudgedSetting =>
  /^(policy\.|oracle\.(fixed_prices|max_age_seconds)$|security\.policy_defaults_)/.test(key)
