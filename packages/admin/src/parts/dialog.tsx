import { AlertDialog } from '@base-ui/react/alert-dialog'
import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'
import { TextField } from './fields.tsx'

type Props = {
  readonly title: string
  readonly close: () => void
  readonly children: ReactNode
  readonly wide?: boolean
}

/** A dialog, as long as it is there. */
export function Dialog({ title, close, children, wide }: Props) {
  const t = useT()
  return (
    <Base.Root open onOpenChange={(open) => open || close()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={wide ? 'dialog wide' : 'dialog'}>
          <div className="dialog-head">
            <Base.Title className="dialog-title">{title}</Base.Title>
            <Base.Close className="icon-button" aria-label={t(common.close)}>
              ✕
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

type ConfirmProps = {
  readonly title: string
  readonly children?: ReactNode
  /** What the button says that does it. */
  readonly yes: string
  readonly onYes: () => unknown
  readonly close: () => void
  readonly busy?: boolean
  /** It takes something away, or moves money. */
  readonly danger?: boolean
  readonly disabled?: boolean
}

/** One question, with what happens then. */
export function Confirm({ title, children, yes, onYes, close, busy, danger, disabled }: ConfirmProps) {
  const t = useT()
  return (
    <AlertDialog.Root open onOpenChange={(open) => open || close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          {children}
          <div className="answers">
            <AlertDialog.Close className="button">{t(common.cancel)}</AlertDialog.Close>
            <button
              type="button"
              className={danger ? 'button danger' : 'button primary'}
              disabled={busy === true || disabled === true}
              onClick={() => void onYes()}
            >
              {yes}
            </button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

/** The same for what is gone for good: the name has to be typed first. */
export function ConfirmByName({ name, children, ...rest }: Omit<ConfirmProps, 'disabled'> & { readonly name: string }) {
  const t = useT()
  const [typed, setTyped] = useState('')
  return (
    <Confirm {...rest} danger disabled={typed !== name}>
      {children}
      <TextField label={t(common.typeName, { name })} value={typed} change={setTyped} />
    </Confirm>
  )
}
