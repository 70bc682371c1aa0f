import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

/** One press and one confirmation stop everything; where all is stopped, how it goes on. */
export function KillSwitch() {
  const t = useT()
  const [asking, setAsking] = useState(false)
  const read = useRead('getKillSwitch', {})
  const stop = useAct('activateKillSwitch')
  if (read.data && read.data.state !== 'ACTIVE') return <Stopped state={read.data.state} />
  return (
    <>
      <button type="button" className="button danger" disabled={stop.busy} onClick={() => setAsking(true)}>
        {t(words.stop)}
      </button>
      {asking && (
        <Confirm
          title={t(words.stop)}
          yes={t(words.stopNow)}
          danger
          busy={stop.busy}
          close={() => setAsking(false)}
          onYes={() => stop.act({})}
        >
          <p>{t(words.stopWhy)}</p>
          <Refusal error={stop.error} />
        </Confirm>
      )}
    </>
  )
}

/** That all is stopped, how it goes on, and how it is locked as well. */
function Stopped({ state }: { readonly state: Exclude<Answered<'getKillSwitch'>['state'], 'ACTIVE'> }) {
  const t = useT()
  const [asking, setAsking] = useState(false)
  const recover = useAct('recoverKillSwitch')
  const lock = useAct('escalateKillSwitch')
  const isLocked = state === 'LOCKED'
  return (
    <div className="stopped" role="status">
      <p>{t(isLocked ? words.locked : words.stopped)}</p>
      {isLocked && <p>{t(words.lockedHow)}</p>}
      <div className="actions">
        {!isLocked && (
          <button type="button" className="button" onClick={() => setAsking(true)}>
            {t(words.lock)}
          </button>
        )}
        <button type="button" className="button" disabled={recover.busy} onClick={() => void recover.act({})}>
          {t(words.turnOff)}
        </button>
      </div>
      <Refusal error={recover.error} />
      {asking && (
        <Confirm
          title={t(words.lockAsk)}
          yes={t(words.lockNow)}
          danger
          busy={lock.busy}
          close={() => setAsking(false)}
          onYes={async () => (await lock.act({})) && setAsking(false)}
        >
          <p>{t(words.lockWhy)}</p>
          <Refusal error={lock.error} />
        </Confirm>
      )}
    </div>
  )
}
