import { useState } from 'react'
import { useAct, useRead } from '../../data/use.ts'
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
  const recover = useAct('recoverKillSwitch')
  if (read.data && read.data.state !== 'ACTIVE')
    return (
      <div className="stopped" role="status">
        <p>{t(words.stopped)}</p>
        <button type="button" className="button" disabled={recover.busy} onClick={() => void recover.act({})}>
          {t(words.turnOff)}
        </button>
        <Refusal error={recover.error} />
      </div>
    )
  return (
    <>
      <button type="button" className="button danger" onClick={() => setAsking(true)}>
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
