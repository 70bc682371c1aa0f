import { useEffect, useRef, useState } from 'react'
import { useLogOut } from '../data/log-out.ts'
import { useLogin } from '../data/login.ts'
import { pages } from '../pages/all.ts'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'
import { Choices } from './choices.tsx'
import { useIdle } from './idle.ts'
import { linkTo } from './link.ts'
import { useLive } from './live.ts'
import { useRoute } from './route.ts'
import { words } from './words.ts'

const inOrder = [...pages].sort((one, other) => one.order - other.order)

/** Navigation, and the page of the address. */
export function Frame() {
  const t = useT()
  const { page, rest } = useRoute()
  const [isOpen, setOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const logOut = useLogOut()
  const onlyLooks = useLogin()?.onlyLooks
  useLive()
  useIdle(logOut)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top
  useEffect(() => {
    setOpen(false)
    document.title = `${t(page.words.nav)} · WAIaaS`
    scrollTo(0, 0)
  }, [page])
  const Component = page.Component
  return (
    <div className="frame">
      <header className="top">
        <a
          href={linkTo(page.path, ...rest)}
          className="skip"
          onClick={(event) => {
            event.preventDefault()
            main.current?.focus()
          }}
        >
          {t(words.skip)}
        </a>
        <a href="#/" className="brand">
          WAIaaS
        </a>
        <button
          type="button"
          className="button menu"
          aria-expanded={isOpen}
          aria-controls="nav"
          onClick={() => setOpen(!isOpen)}
        >
          {t(common.menu)}
        </button>
      </header>
      <nav id="nav" className={isOpen ? 'nav open' : 'nav'} aria-label={t(words.main)}>
        <ul>
          {inOrder.map(({ path, words: named }) => (
            <li key={path}>
              <a href={linkTo(path)} aria-current={path === page.path ? 'page' : undefined}>
                {t(named.nav)}
              </a>
            </li>
          ))}
        </ul>
        <div className="nav-foot">
          <Choices />
          <button type="button" className="button" onClick={() => void logOut()}>
            {t(words.logOut)}
          </button>
        </div>
      </nav>
      <main ref={main} tabIndex={-1}>
        {onlyLooks && (
          <p className="looking" role="status">
            {t(words.looking)}
          </p>
        )}
        <Component rest={rest} />
      </main>
    </div>
  )
}
