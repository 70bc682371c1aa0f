import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { Answers } from './answers.tsx'
import { DecisionPanel } from './decision.tsx'
import { detailWords as words } from './detail-words.ts'
import { feeText } from './fee.ts'
import { PlanPanel } from './plan.tsx'
import { ReceiptPanel } from './receipt.tsx'
import { stateOf, typeWords } from './states.ts'
import { Story } from './story.tsx'
import type { Detailed } from './types.ts'

/** One of what was asked for, with all that is known of it. */
export function Detail({ id }: { readonly id: string }) {
  const t = useT()
  const read = useRead('getTransaction', { id })
  const wallets = useRead('listWallets', {})
  const one = read.data
  const wallet = wallets.data?.items.find((each) => each.id === one?.walletId)
  return (
    <>
      <p>
        <a href={linkTo('activity')}>← {t(words.back)}</a>
      </p>
      <Refusal error={read.error} />
      {read.isPending && <Loading />}
      {one && (
        <>
          <PageHead
            title={sentence(one.deeds?.[0] ?? t(typeWords[one.type]))}
            intro={
              <>
                {wallet?.name ?? one.walletId.slice(0, 8)} · {one.network} · <When at={one.createdAt} />
              </>
            }
            actions={<State one={one} />}
          />
          <Answers one={one} />
          <div className="halves">
            <Facts one={one} />
            <DecisionPanel one={one} />
            <Story one={one} />
            {one.planId && <PlanPanel id={one.planId} current={one.id} />}
            <ReceiptPanel id={one.id} />
          </div>
        </>
      )}
    </>
  )
}

/** As a person begins it. */
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function State({ one }: { readonly one: Detailed }) {
  const t = useT()
  const { words: state, tone } = stateOf(one)
  return <Badge tone={tone}>{t(state)}</Badge>
}

type FactProps = { readonly head: string; readonly children: React.ReactNode }
const Fact = ({ head, children }: FactProps) => (
  <div className="fact">
    <dt>{head}</dt>
    <dd>{children}</dd>
  </div>
)

/** What it does, and what it is known by. */
function Facts({ one }: { readonly one: Detailed }) {
  const t = useT()
  const labels = Object.entries(one.labels ?? {})
  return (
    <Panel title={t(words.deeds)}>
      {one.deeds ? (
        <ul className="deeds">
          {one.deeds.map((deed) => (
            <li key={deed}>{deed}</li>
          ))}
        </ul>
      ) : (
        <p className="quiet">{t(words.kept)}</p>
      )}
      <dl className="facts">
        {one.toAddress && (
          <Fact head={t(words.to)}>
            <Name id={one.toAddress} />
          </Fact>
        )}
        {one.fee && (
          <Fact head={t(words.fee)}>
            {one.fee.paid
              ? t(words.feePaid, { fee: feeText(one, one.fee.paid) })
              : t(words.feeMost, { fee: feeText(one, one.fee.max) })}
          </Fact>
        )}
        {one.txHash && (
          <Fact head={t(words.hash)}>
            <Name id={one.txHash} />{' '}
            {one.explorerUrl && (
              <a href={one.explorerUrl} target="_blank" rel="noreferrer">
                {t(words.opensExplorer)}
              </a>
            )}
          </Fact>
        )}
        {labels.length > 0 && <Fact head={t(words.labels)}>{labels.map((pair) => pair.join(': ')).join(', ')}</Fact>}
        {one.memo && <Fact head={t(words.memo)}>{one.memo}</Fact>}
        {one.executeAt != null && one.status === 'QUEUED' && (
          <Fact head={t(words.goesOn)}>
            <When at={one.executeAt} />
          </Fact>
        )}
        {one.approvalExpiresAt != null && one.status === 'QUEUED' && (
          <Fact head={t(words.waitsUntil)}>
            <When at={one.approvalExpiresAt} />
          </Fact>
        )}
        <Fact head={t(words.copyId)}>
          <Name id={one.id} />
        </Fact>
      </dl>
      {(one.error ?? one.waitReason) && <p className="note">{one.error ?? one.waitReason}</p>}
    </Panel>
  )
}
