import { type HumanChannel, settings } from '@waiaas/contract'

/** The settings that a channel to people is made of, as the table of settings has them. */
export const settingsOf = (channel: HumanChannel): string[] =>
  Object.keys(settings).filter((key) => key.startsWith(`notifications.${channel}_`))
