import {
  type adminOperations,
  type Handlers,
  looseningOf,
  type Output,
  type Setting,
  type Settings,
  settingText,
  shownSetting,
  settings as table,
  unitOf,
} from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { SettingsService } from './service.ts'

type Operations = Pick<typeof adminOperations, 'getSettings' | 'updateSettings' | 'getSettingsSchema'>
type Shown = Output<Operations['getSettings']>

/** The settings as the operator reads and changes them. */
export const settingsHandlers = (settings: SettingsService): Handlers<Operations, Calls> => ({
  getSettings: () => shown(settings.get()),
  async updateSettings(call, { settings: changes }) {
    await settings.update(changes, by(call))
    return { updated: changes.length, settings: shown(settings.get()) }
  },
  getSettingsSchema(_, { grouped }) {
    const now = descriptions.map((one) => ({ ...one, source: settings.sourceOf(one.key) }))
    if (!grouped) return { settings: now }
    return {
      categories: categories.map((category) => ({
        ...category,
        settings: now.filter((one) => one.category === category.name),
      })),
    }
  },
})

function shown(values: Settings): Shown {
  const sections: Record<string, Record<string, string | boolean>> = {}
  for (const [key, value] of Object.entries(values)) {
    const { section, name } = split(key)
    sections[section] ??= {}
    sections[section][name] = shownSetting(key, value)
  }
  return sections
}

const split = (key: string) => {
  const at = key.indexOf('.')
  return { section: key.slice(0, at), name: key.slice(at + 1) }
}

const words = (name: string): string => {
  const text = name.replaceAll('_', ' ')
  return text[0]!.toUpperCase() + text.slice(1)
}

const describe = ([key, setting]: [string, Setting]) => ({
  key,
  category: split(key).section,
  label: words(split(key).name),
  description: setting.summary,
  defaultValue: settingText(setting.default),
  isCredential: setting.secret === true,
  type: setting.type,
  unit: setting.type === 'number' ? unitOf(key) : null,
  minimum: setting.type === 'number' ? setting.min : null,
  maximum: setting.type === 'number' ? setting.max : null,
  values: setting.type === 'enum' ? [...setting.values] : null,
  loosens: looseningOf(setting),
  runtime: setting.runtime,
})

const descriptions = Object.entries(table).map(describe)

const categories = [...new Set(descriptions.map(({ category }) => category))].map((name) => ({
  name,
  label: words(name),
}))
