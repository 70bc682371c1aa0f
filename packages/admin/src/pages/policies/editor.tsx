import {
  INSTALLED_TYPE,
  installedRules,
  isPolicyType,
  POLICY_TYPES,
  type PolicyType,
  policyTypes,
  rulesSchema,
} from '@waiaas/contract'
import { useMemo, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { useAct, useRead } from '../../data/use.ts'
import { SelectField, SwitchField, TextField } from '../../parts/fields.tsx'
import { Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { Effect } from './effect.tsx'
import { FormProvider } from './form/context.ts'
import { RulesField } from './form/rules-field.tsx'
import { emptyOf, shapeOf } from './form/shape.ts'
import { type Draft, nativeOf, PLACES, type Policy, typeWords, useWallets, wrongIn } from './policies.ts'
import { words } from './words.ts'

const BACK = linkTo('policies')

/** A policy that is there. */
export function Edit({ id }: { readonly id: string }) {
  const t = useT()
  const { data, error } = useRead('getPolicy', { id })
  if (error) return <Refusal error={error} />
  if (!data) return <Loading />
  if (!isPolicyType(data.type)) return <p className="about wrong">{data.problem}</p>
  return <Editor title={t(words.editTitle, { type: t(typeWords(data.type)) })} begin={beginOf(data, data.type)} />
}

/** A new one: for a wallet where the address names it. */
export function New({ walletId = '' }: { readonly walletId?: string | undefined }) {
  const t = useT()
  return <Editor title={t(words.newTitle)} begin={newOne(INSTALLED_TYPE, walletId)} />
}

type Edited = {
  /** Undefined while it is new. */
  readonly id: string | undefined
  readonly type: PolicyType
  readonly rules: unknown
  readonly walletId: string
  readonly network: string
  readonly label: string
  readonly name: string
  readonly priority: string
  readonly enabled: boolean
}
const beginOf = (
  { id, rules, walletId, network, sessionLabel, name, priority, enabled }: Policy,
  type: PolicyType,
): Edited => ({
  ...{ id, type, rules, walletId: walletId ?? '', network: network ?? '', label: sessionLabel ?? '' },
  ...{ name: name ?? '', priority: String(priority), enabled },
})
const shapes = new Map(POLICY_TYPES.map((type) => [type, shapeOf(rulesSchema(policyTypes[type].rules))]))
/** Of a type that new wallets get, what they get. */
const beginning = (type: PolicyType): unknown => installedRules(type) ?? emptyOf(shapes.get(type)!)
const newOne = (type: PolicyType, walletId: string): Edited => ({
  ...{ id: undefined, type, rules: beginning(type), walletId, network: '', label: '' },
  ...{ name: '', priority: '0', enabled: true },
})

type Editing = { readonly edited: Edited; readonly change: (part: Partial<Edited>) => void }

function Editor({ title, begin }: { readonly title: string; readonly begin: Edited }) {
  const t = useT()
  const [edited, setEdited] = useState(begin)
  const change = (part: Partial<Edited>) => setEdited((now) => ({ ...now, ...part }))
  const wrong = useMemo(() => wrongIn(edited.type, edited.rules), [edited.type, edited.rules])
  const isWhole = wrong.size === 0 && /^-?\d{1,9}$/.test(edited.priority)
  const adding = useAct('createPolicy')
  const changing = useAct('updatePolicy')
  async function save() {
    const done =
      edited.id === undefined ? await adding.act(addedOf(edited)) : await changing.act(changeOf(edited, edited.id))
    if (done !== undefined) location.hash = BACK
  }
  return (
    <>
      <PageHead
        title={title}
        actions={
          <a className="button" href={BACK}>
            {t(words.back)}
          </a>
        }
      />
      <div className="two-sides">
        <form
          className="effect"
          onSubmit={(event) => {
            event.preventDefault()
            void save()
          }}
        >
          <Scope edited={edited} change={change} />
          <RulesPanel edited={edited} change={change} wrong={wrong} />
          <Rest edited={edited} change={change} />
          <Refusal error={adding.error ?? changing.error} />
          <div className="answers">
            <a className="button" href={BACK}>
              {t(common.cancel)}
            </a>
            <button type="submit" className="button primary" disabled={!isWhole || adding.busy || changing.busy}>
              {t(words.save)}
            </button>
          </div>
        </form>
        <Effect draft={isWhole ? draftOf(edited) : undefined} walletId={edited.walletId || null} />
      </div>
    </>
  )
}

/** What a policy of these fields is created with. The rules have been parsed by the type's own schema. */
const addedOf = ({ type, rules, walletId, network, label, name, priority, enabled }: Edited) => ({
  ...{ type, rules: rules as Record<string, unknown>, priority: Number(priority), enabled },
  ...(walletId !== '' && { walletId }),
  ...(network !== '' && { network }),
  ...(label !== '' && { sessionLabel: label }),
  ...(name !== '' && { name }),
})
const changeOf = ({ rules, priority, enabled }: Edited, id: string) => ({
  ...{ id, rules: rules as Record<string, unknown>, priority: Number(priority), enabled },
})
const draftOf = (edited: Edited): Draft =>
  edited.id === undefined ? { add: [addedOf(edited)] } : { change: [changeOf(edited, edited.id)] }

/** Of what it is; a policy that is there stays what it is of. */
function Scope({ edited, change }: Editing) {
  const t = useT()
  const wallets = useWallets()
  if (edited.id !== undefined)
    return (
      <Panel>
        <p className="quiet">{policyTypes[edited.type].summary}</p>
        <SwitchField label={t(words.enabled)} on={edited.enabled} change={(enabled) => change({ enabled })} />
      </Panel>
    )
  const types = POLICY_TYPES.map((type) => ({ value: type, label: t(typeWords(type)) }))
  const of = [
    { value: '', label: t(words.everyWallet) },
    ...wallets.map(({ id, name }) => ({ value: id, label: name })),
  ]
  return (
    <Panel title={t(words.scope)}>
      <SelectField
        label={t(words.type)}
        hint={policyTypes[edited.type].summary}
        value={edited.type}
        change={(type) => isPolicyType(type) && change({ type, rules: beginning(type) })}
        choices={types}
      />
      <SelectField
        label={t(words.ofWallet)}
        value={edited.walletId}
        change={(walletId) => change({ walletId })}
        choices={of}
      />
    </Panel>
  )
}

/** What most policies do without. */
function Rest({ edited, change }: Editing) {
  const t = useT()
  const { id, network, label, name, priority } = edited
  return (
    <details className="panel">
      <summary>{t(words.rest)}</summary>
      {id === undefined && (
        <>
          <TextField
            label={t(words.network)}
            hint={t(words.networkHint)}
            value={network}
            change={(text) => change({ network: text.trim() })}
          />
          <TextField
            label={t(words.label)}
            hint={t(words.labelHint)}
            value={label}
            change={(text) => change({ label: text.trim() })}
          />
          <TextField
            label={t(words.name)}
            hint={t(words.nameHint)}
            value={name}
            change={(text) => change({ name: text.trim() })}
          />
        </>
      )}
      <TextField
        label={t(words.priority)}
        hint={t(words.priorityHint)}
        inputMode="numeric"
        value={priority}
        change={(text) => change({ priority: text })}
      />
    </details>
  )
}

/** The fields of the type, as its schema has them. */
function RulesPanel({ edited, change, wrong }: Editing & { readonly wrong: ReadonlyMap<string, string> }) {
  const t = useT()
  const wallets = useWallets()
  const contacts = useRead('listContacts', { limit: 200 })
  const known = useMemo(
    () => [
      ...(contacts.data?.items ?? []).map(({ name, address }) => ({ name, address })),
      ...wallets.map(({ name, publicKey }) => ({ name, address: publicKey })),
    ],
    [contacts.data, wallets],
  )
  const native = nativeOf(
    edited.network,
    wallets.find(({ id }) => id === edited.walletId),
  )
  const whole = wrong.get('')
  return (
    <Panel title={t(words.rules)}>
      <FormProvider value={{ wrong, known, native, places: PLACES }}>
        <RulesField
          key={edited.type}
          shape={shapes.get(edited.type)!}
          label={t(words.rules)}
          path=""
          value={edited.rules}
          change={(rules) => change({ rules })}
        />
      </FormProvider>
      {whole && <p className="about wrong">{whole}</p>}
    </Panel>
  )
}
