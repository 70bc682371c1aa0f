import type { Allowance } from '@waiaas/contract'
import { useState } from 'react'
import { useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { DataTable } from '../../parts/table.tsx'
import { Name } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

/** Who may take tokens of a wallet, and an end to that. */
export function Allowances({ id }: { readonly id: string }) {
  const t = useT()
  const [revoking, setRevoking] = useState<Allowance>()
  const [isSent, setSent] = useState(false)
  const { data, error, isPending } = useRead('listAllowances', { id, limit: 50 })
  // What is used up or taken back can be taken by nobody.
  const open = data?.items.filter(({ open }) => open !== '0') ?? []
  return (
    <Panel title={t(words.allowances)}>
      <Refusal error={error} />
      {isPending ? <Loading /> : <AllowanceTable open={open} revoke={setRevoking} />}
      {data?.hasMore && <p className="quiet">{t(words.more, { command: 'wallet allowances' })}</p>}
      {isSent && <p role="status">{t(words.revokeSent)}</p>}
      {revoking && (
        <Revoking
          {...{ id, allowance: revoking }}
          close={(done) => {
            setRevoking(undefined)
            setSent(done === true)
          }}
        />
      )}
    </Panel>
  )
}

type TableProps = { readonly open: readonly Allowance[]; readonly revoke: (one: Allowance) => void }

function AllowanceTable({ open, revoke }: TableProps) {
  const t = useT()
  const amountOf = ({ unlimited, nft, openFormatted, open }: Allowance) => {
    if (nft) return nft.tokenId === null ? t(words.unlimited) : `#${nft.tokenId}`
    return unlimited ? t(words.unlimited) : (openFormatted ?? open ?? '?')
  }
  return (
    <DataTable
      caption={t(words.allowances)}
      rows={open}
      idOf={({ id }) => id}
      empty={<Empty>{t(words.noAllowances)}</Empty>}
      columns={[
        { key: 'spender', head: t(words.spender), cell: ({ spender }) => <Name id={spender} /> },
        { key: 'asset', head: t(words.asset), cell: ({ symbol, token }) => symbol ?? <Name id={token} /> },
        { key: 'network', head: t(words.network), cell: ({ network }) => network },
        { key: 'open', head: t(words.mayTake), isNumber: true, cell: amountOf },
        {
          key: 'acts',
          head: t(words.acts),
          cell: (one) =>
            one.nft ? (
              <span className="quiet">{t(words.nftHow)}</span>
            ) : (
              <button type="button" className="button" onClick={() => revoke(one)}>
                {t(words.revoke)}
              </button>
            ),
        },
      ]}
    />
  )
}

type RevokingProps = {
  readonly id: string
  readonly allowance: Allowance
  readonly close: (isDone?: boolean) => void
}

function Revoking({ id, allowance, close }: RevokingProps) {
  const t = useT()
  const { act, busy, error } = useAct('revokeAllowance')
  const { spender, symbol, token } = allowance
  const revoke = async () => (await act({ id, allowanceId: allowance.id })) && close(true)
  return (
    <Confirm title={t(words.revokeAsk)} yes={t(words.revoke)} onYes={revoke} close={() => close()} busy={busy}>
      <p className="break">{t(words.revokeMeans, { spender, symbol: symbol ?? token })}</p>
      <Refusal error={error} />
    </Confirm>
  )
}
