import { SelectField, SwitchField } from '../../../parts/fields.tsx'
import { useT } from '../../../words/language.tsx'
import { useChoiceName, useFieldName } from '../labels.ts'
import { words } from '../words.ts'
import { useForm } from './context.ts'
import {
  AddressLeaf,
  DurationLeaf,
  type LeafProps,
  NativeLeaf,
  NumberLeaf,
  PlaceLeaf,
  TextLeaf,
  TokenLeaf,
  UsdLeaf,
  WeekdayLeaf,
} from './leaves.tsx'
import { emptyOf, type Leaf, type Shape, type ShapedField, startOf } from './shape.ts'

type Props = {
  readonly shape: Shape
  readonly label: string
  readonly hint?: string | undefined
  /** The path of the field in the rules, with points between. */
  readonly path: string
  readonly value: unknown
  readonly change: (next: unknown) => void
}

const LEAVES: Readonly<Record<Exclude<Leaf, 'switch'>, (props: LeafProps) => React.ReactNode>> = {
  usd: UsdLeaf,
  seconds: DurationLeaf,
  'native-units': NativeLeaf,
  'token-units': TokenLeaf,
  address: AddressLeaf,
  place: PlaceLeaf,
  weekday: WeekdayLeaf,
  number: NumberLeaf,
  text: TextLeaf,
}

/** A field of any shape: the walk through the schema. */
export function RulesField(props: Props) {
  const { shape, label, hint, path, value, change } = props
  const wrong = useForm().wrong.get(path)
  const choiceName = useChoiceName()
  switch (shape.kind) {
    case 'fields':
      return <Fields {...props} fields={shape.fields} />
    case 'list':
      return <List {...props} of={shape.of} />
    case 'map':
      return <Entries {...props} of={shape.of} />
    case 'choice': {
      const choices = shape.values.map((one) => ({ value: one, label: choiceName(one) }))
      return <SelectField {...{ label, hint, wrong, choices, change }} value={String(value)} />
    }
    case 'switch':
      return <SwitchField {...{ label, hint, wrong, change }} on={value === true} />
    default: {
      const One = LEAVES[shape.kind]
      return <One {...{ label, hint, wrong, value, change }} />
    }
  }
}

type Record_ = Readonly<Record<string, unknown>>
const asRecord = (value: unknown): Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record_) : {}
const under = (path: string, name: string | number) => (path === '' ? String(name) : `${path}.${name}`)
const without = (value: Record_, name: string): Record_ =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))

/** What has to be there and what is there, and a button for each field that could be. */
function Fields({ fields, path, label, value, change }: Props & { readonly fields: readonly ShapedField[] }) {
  const t = useT()
  const nameOf = useFieldName()
  const now = asRecord(value)
  const isThere = ({ name, isRequired }: ShapedField) => isRequired || now[name] !== undefined
  const rest = fields.filter((field) => !isThere(field))
  const body = (
    <>
      {fields.filter(isThere).map(({ name, shape, means, isRequired }) => (
        <div className="form-row" key={name}>
          <RulesField
            shape={shape}
            label={nameOf(name)}
            hint={means}
            path={under(path, name)}
            value={now[name]}
            change={(next) => change({ ...now, [name]: next })}
          />
          {!isRequired && <Remove what={nameOf(name)} remove={() => change(without(now, name))} />}
        </div>
      ))}
      {rest.length > 0 && (
        <fieldset className="chips" aria-label={t(words.mayAdd)}>
          {rest.map((field) => (
            <button
              key={field.name}
              type="button"
              className="chip"
              title={field.means}
              onClick={() => change({ ...now, [field.name]: startOf(field) })}
            >
              + {nameOf(field.name)}
            </button>
          ))}
        </fieldset>
      )}
    </>
  )
  return path === '' ? (
    body
  ) : (
    <Group label={label} path={path}>
      {body}
    </Group>
  )
}

function List({ of, path, label, value, change, hint }: Props & { readonly of: Shape }) {
  const t = useT()
  const all: readonly unknown[] = Array.isArray(value) ? value : []
  const put = (at: number, next: unknown) => change(all.map((one, index) => (index === at ? next : one)))
  return (
    <Group label={label} hint={hint} path={path}>
      {all.map((one, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place in the list is what an entry is
        <div className="form-row" key={index}>
          <RulesField
            shape={of}
            label={`${label} ${index + 1}`}
            path={under(path, index)}
            value={one}
            change={(next) => put(index, next)}
          />
          <Remove what={`${label} ${index + 1}`} remove={() => change(all.filter((_, place) => place !== index))} />
        </div>
      ))}
      <button type="button" className="chip" onClick={() => change([...all, emptyOf(of)])}>
        + {t(words.addEntry)}
      </button>
    </Group>
  )
}

/** Entries by a key that somebody types, such as an asset. */
function Entries({ of, path, label, value, change, hint }: Props & { readonly of: Shape }) {
  const t = useT()
  const now = asRecord(value)
  const rename = (from: string, to: string) =>
    Object.hasOwn(now, to) ||
    change(Object.fromEntries(Object.entries(now).map(([key, one]) => [key === from ? to : key, one])))
  return (
    <Group label={label} hint={hint} path={path}>
      {Object.entries(now).map(([key, one], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the key is what somebody is typing
        <div className="form-row" key={index}>
          <div className="group">
            <TextLeaf label={t(words.key)} wrong={undefined} value={key} change={(to) => rename(key, String(to))} />
            <RulesField
              shape={of}
              label={key}
              path={under(path, key)}
              value={one}
              change={(next) => change({ ...now, [key]: next })}
            />
          </div>
          <Remove what={key} remove={() => change(without(now, key))} />
        </div>
      ))}
      {!Object.hasOwn(now, '') && (
        <button type="button" className="chip" onClick={() => change({ ...now, '': emptyOf(of) })}>
          + {t(words.addEntry)}
        </button>
      )}
    </Group>
  )
}

type GroupProps = {
  readonly label: string
  readonly hint?: string | undefined
  readonly path: string
  readonly children: React.ReactNode
}
const Group = ({ label, hint, path, children }: GroupProps) => {
  const wrong = useForm().wrong.get(path)
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {hint && <p className="about">{hint}</p>}
      {children}
      {wrong && <p className="about wrong">{wrong}</p>}
    </fieldset>
  )
}

function Remove({ what, remove }: { readonly what: string; readonly remove: () => void }) {
  const t = useT()
  return (
    <button type="button" className="icon-button" aria-label={t(words.removeField, { what })} onClick={remove}>
      ✕
    </button>
  )
}
