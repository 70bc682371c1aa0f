import { linkTo } from '../app/link.ts'

type Section = { readonly path: string; readonly name: string }
type Props = {
  readonly label: string
  readonly page: string
  readonly current: string
  readonly all: readonly Section[]
}

/** The parts of a page that have an address of their own; the first has that of the page. */
export const Sections = ({ label, page, current, all }: Props) => (
  <nav className="sections" aria-label={label}>
    {all.map(({ path, name }) => (
      <a
        key={path}
        href={path === '' ? linkTo(page) : linkTo(page, path)}
        aria-current={path === current ? 'page' : undefined}
      >
        {name}
      </a>
    ))}
  </nav>
)
