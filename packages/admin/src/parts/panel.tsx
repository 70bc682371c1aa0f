import { type ReactNode, useId } from 'react'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'

type PanelProps = { readonly title?: string; readonly actions?: ReactNode; readonly children: ReactNode }

/** A part of a page that has a title of its own. */
export function Panel({ title, actions, children }: PanelProps) {
  const id = useId()
  return (
    <section className="panel" aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <div className="panel-head">
          <h2 id={id}>{title}</h2>
          {actions && <div className="actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  )
}

type HeadProps = { readonly title: ReactNode; readonly intro?: ReactNode; readonly actions?: ReactNode }

/** What a page is, and what one does there. */
export function PageHead({ title, intro, actions }: HeadProps) {
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {intro && <p className="quiet">{intro}</p>}
      </div>
      {actions && <div className="actions">{actions}</div>}
    </header>
  )
}

/** There is nothing to show, and what one can do about it. */
export function Empty({ children, action }: { readonly children?: ReactNode; readonly action?: ReactNode }) {
  const t = useT()
  return (
    <div className="empty">
      <p>{children ?? t(common.nothing)}</p>
      {action}
    </div>
  )
}

/** It is being read. */
export function Loading() {
  const t = useT()
  return (
    <p className="loading" role="status">
      {t(common.loading)}
    </p>
  )
}
