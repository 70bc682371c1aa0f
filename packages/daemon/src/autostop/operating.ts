import {
  AUTOSTOP_RULES,
  type AutostopRule,
  type AutostopRuleId,
  type AutostopValues,
  type autostopOperations,
  Failure,
  type Output,
  type Parsed,
  type SettingKey,
  type Settings,
  settingText,
} from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import { seconds } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { RULES } from './rules/all.ts'
import { isRuleId, RULE_IDS, rulesReader } from './settings.ts'
import { type Counts, countStore } from './store.ts'

type Operations = typeof autostopOperations
type Changed = Parsed<Operations['updateAutostopRule']>
type Change = { readonly key: string; readonly value: string }
type OperatingParts = {
  readonly database: Database
  readonly clock: Clock
  readonly settings: {
    get(): Settings
    update(changes: readonly Change[], by: By): Promise<void>
    edit(
      key: 'autostop.wallets',
      next: (now: Settings['autostop.wallets']) => Settings['autostop.wallets'],
      by: By,
    ): Promise<void>
  }
  readonly accountOf: (walletId: string) => Promise<string>
}

const NOTHING: Counts = { since: 0, of: {} }

/** The rules as the operator reads and changes them; they are settings, and what wallets have of their own is one. */
export function autostopRules({ database, clock, settings, accountOf }: OperatingParts) {
  const rulesOf = rulesReader(settings.get)

  const countsOf = async (walletId: string | undefined): Promise<Counts> => {
    if (walletId === undefined) return NOTHING
    const account = await accountOf(walletId)
    return database.read((db) => countStore.of(db, account))
  }

  function view(id: AutostopRuleId, walletId: string | undefined, counts: Counts): AutostopRule {
    const { displayName, description, events, ...rule } = AUTOSTOP_RULES[id]
    const { enabled, throwsSwitch, values } = rulesOf(walletId)[id]
    const under = { now: clock.now(), values }
    return {
      ...{ id, displayName, description, enabled, config: { ...values }, subscribedEvents: [...events] },
      action: 'action' in rule ? (throwsSwitch ? 'kill_switch' : 'suspend') : 'revoke',
      state: walletId === undefined ? {} : { ...RULES[id]?.tell(counts.of[id], under) },
    }
  }

  return {
    async list(walletId: string | undefined): Promise<Output<Operations['listAutostopRules']>> {
      const counts = await countsOf(walletId)
      const last = walletId === undefined ? await database.read(countStore.lastStop) : counts.since || null
      return {
        globalEnabled: settings.get()['autostop.enabled'],
        rules: RULE_IDS.map((id) => view(id, walletId, counts)),
        lastTriggeredAt: last === null ? null : seconds(last),
      }
    },

    async update({ id, walletId, ...asked }: Changed, by: By): Promise<AutostopRule> {
      if (!isRuleId(id))
        throw new Failure('RULE_NOT_FOUND', `no rule is called ${id}; known are ${RULE_IDS.join(', ')}`)
      const counts = await countsOf(walletId)
      const changes = changesOf(id, asked)
      if (walletId === undefined && changes.length > 0) await settings.update(changes, by)
      if (walletId !== undefined && changes.length > 0)
        await settings.edit('autostop.wallets', (now) => merged(now, { walletId, id, asked }), by)
      return view(id, walletId, counts)
    },
  }
}

/** What is asked for, as settings. Failure ACTION_VALIDATION_FAILED for what the rule does not have. */
function changesOf(id: AutostopRuleId, { enabled, action, config = {} }: AutostopValues): Change[] {
  const rule = AUTOSTOP_RULES[id]
  const known: Readonly<Record<string, SettingKey>> = rule.config
  const strange = Object.keys(config).filter((name) => !Object.hasOwn(known, name))
  if (strange.length > 0 || (action !== undefined && !('action' in rule))) {
    const has = Object.keys(known).join(', ') || 'none'
    const wrong =
      strange.length > 0 ? `config: no value ${strange.join(', ')}; ${id} has ${has}` : `action: ${id} has none`
    const [path, message] = wrong.split(': ', 2) as [string, string]
    throw new Failure('ACTION_VALIDATION_FAILED', wrong, { details: { issues: [{ path, message }] } })
  }
  const all: [SettingKey, unknown][] = Object.entries(config).map(([name, value]) => [known[name]!, value])
  if (enabled !== undefined) all.push([rule.enabled, enabled])
  if (action !== undefined && 'action' in rule) all.push([rule.action, action])
  return all.map(([key, value]) => ({ key, value: settingText(value) }))
}

type Own = { readonly walletId: string; readonly id: AutostopRuleId; readonly asked: AutostopValues }

/** With what is asked for in place of what this wallet had. */
function merged(now: Settings['autostop.wallets'], { walletId, id, asked }: Own): Settings['autostop.wallets'] {
  const rules = now[walletId] ?? {}
  const before = rules[id] ?? {}
  const config = { ...before.config, ...asked.config }
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
  const rule = { ...before, ...given, ...(Object.keys(config).length > 0 && { config }) }
  return { ...now, [walletId]: { ...rules, [id]: rule } }
}
