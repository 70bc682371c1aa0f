import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { TextField } from '../../parts/fields.tsx'
import { Empty, Loading, PageHead } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import type { PageDefinition } from '../definition.ts'
import { type Category, type Edits, isFound, loosens, valueNow, wrongIn } from './edits.ts'
import { Row } from './row.tsx'
import './settings.css'
import { groupWords, words } from './words.ts'

export const page: PageDefinition = { path: 'settings', words, order: 90, Component: SettingsPage }

/** Every setting, by group; `rest` can name a group or a setting to begin with. */
function SettingsPage({ rest: [begin = ''] }: { readonly rest: readonly string[] }) {
  const t = useT()
  const schema = useRead('getSettingsSchema', { grouped: true })
  const values = useRead('getSettings', {})
  const categories = schema.data && 'categories' in schema.data ? schema.data.categories : undefined
  return (
    <>
      <PageHead title={t(words.title)} intro={t(words.intro)} />
      <Refusal error={schema.error ?? values.error} />
      {categories && values.data ? (
        <Groups key={begin} begin={begin} categories={categories} values={values.data} />
      ) : (
        !schema.error && !values.error && <Loading />
      )}
    </>
  )
}

type GroupsProps = {
  readonly begin: string
  readonly categories: readonly Category[]
  readonly values: Answered<'getSettings'>
}

function Groups({ begin, categories, values }: GroupsProps) {
  const t = useT()
  const [search, setSearch] = useState(begin)
  const [edits, setEdits] = useState<Edits>(new Map())
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const change = (key: string, edit: string | null | undefined) => {
    const next = new Map(edits)
    if (edit === undefined) next.delete(key)
    else next.set(key, edit)
    setEdits(next)
  }
  const toggle = (name: string) =>
    setOpen(new Set(open.has(name) ? [...open].filter((one) => one !== name) : [...open, name]))
  const found = categories
    .map((category) => ({ ...category, settings: category.settings.filter((one) => isFound(one, search.trim())) }))
    .filter(({ settings }) => settings.length > 0)
  return (
    <>
      <div className="search-field">
        <TextField label={t(common.search)} type="search" value={search} change={setSearch} />
      </div>
      {found.length === 0 && <Empty>{t(words.none)}</Empty>}
      {found.map(({ name, label, settings }) => {
        const isOpen = search.trim() !== '' || open.has(name)
        return (
          <section className="panel" key={name}>
            <h2>
              <button type="button" className="fold" aria-expanded={isOpen} onClick={() => toggle(name)}>
                <span>{t(groupWords(name, label))}</span>
                <span className="quiet number">{settings.length}</span>
              </button>
            </h2>
            {isOpen && (
              <div className="settings">
                {settings.map((setting) => (
                  <Row
                    key={setting.key}
                    setting={setting}
                    value={valueNow(values, setting)}
                    edit={edits.get(setting.key)}
                    change={(edit) => change(setting.key, edit)}
                  />
                ))}
              </div>
            )}
          </section>
        )
      })}
      {edits.size > 0 && (
        <Save categories={categories} values={values} edits={edits} forget={() => setEdits(new Map())} />
      )}
    </>
  )
}

type SaveProps = Omit<GroupsProps, 'begin'> & { readonly edits: Edits; readonly forget: () => void }

/** What is not saved, what of it lets more out, and the button that saves all of it or nothing. */
function Save({ categories, values, edits, forget }: SaveProps) {
  const t = useT()
  const { act, busy, error } = useAct('updateSettings')
  const all = categories.flatMap(({ settings }) => settings)
  const changed = all.flatMap((setting) => {
    const to = edits.get(setting.key)
    return to === undefined ? [] : [{ setting, from: valueNow(values, setting), to }]
  })
  const looser = changed.filter(loosens)
  const isWrong = changed.some(({ setting, to }) => to !== null && wrongIn(setting.key, to) !== undefined)
  async function save() {
    const settings = changed.map(({ setting, to }) => ({ key: setting.key, value: to }))
    if (await act({ settings })) forget()
  }
  return (
    <section className="panel save-bar" aria-label={t(words.save)}>
      <p role="status">{t(words.count, { count: changed.length })}</p>
      {looser.length > 0 && (
        <p className="wrong">{t(words.loosens, { names: looser.map(({ setting }) => setting.key).join(', ') })}</p>
      )}
      <Refusal error={error} />
      <div className="answers">
        <button type="button" className="button" onClick={forget}>
          {t(words.discard)}
        </button>
        <button type="button" className="button primary" disabled={busy || isWrong} onClick={() => void save()}>
          {t(words.save)}
        </button>
      </div>
    </section>
  )
}
