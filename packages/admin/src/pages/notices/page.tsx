import '../../parts/lists.css'
import { PageHead } from '../../parts/panel.tsx'
import { Sections } from '../../parts/sections.tsx'
import { useT } from '../../words/language.tsx'
import type { PageDefinition } from '../definition.ts'
import { ChannelPanel } from './channels.tsx'
import { EventSection } from './events.tsx'
import { LogSection } from './log.tsx'
import { QuietPanel } from './quiet.tsx'
import { RoutePanel } from './routes.tsx'
import { TelegramPanel } from './telegram.tsx'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'notices', words, order: 60, Component: Notices }

const Channels = () => (
  <>
    <ChannelPanel />
    <RoutePanel />
    <QuietPanel />
    <TelegramPanel />
  </>
)
const sections = [
  { path: '', name: words.channels, Component: Channels },
  { path: 'log', name: words.log, Component: LogSection },
  { path: 'events', name: words.events, Component: EventSection },
]

function Notices({ rest: [first = ''] }: { readonly rest: readonly string[] }) {
  const t = useT()
  const { path: current, Component } = sections.find(({ path }) => path === first) ?? sections[0]!
  return (
    <>
      <PageHead title={t(words.title)} intro={t(words.intro)} />
      <Sections
        label={t(words.title)}
        page="notices"
        current={current}
        all={sections.map(({ path, name }) => ({ path, name: t(name) }))}
      />
      <Component />
    </>
  )
}
