import '../../parts/layout.css'
import type { PageDefinition } from '../definition.ts'
import { Contacts } from './contacts.tsx'
import { CreateWallet } from './create.tsx'
import { WalletPage } from './detail.tsx'
import { ImportKey } from './import-key.tsx'
import { WalletList } from './list.tsx'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'wallets', words, order: 10, Component: Wallets }

const PARTS = { contacts: Contacts, new: CreateWallet, import: ImportKey } as const

function Wallets({ rest: [part] }: { readonly rest: readonly string[] }) {
  if (part === undefined || part === '') return <WalletList />
  if (part in PARTS) {
    // `in` has just said so.
    const Part = PARTS[part as keyof typeof PARTS]
    return <Part />
  }
  return <WalletPage key={part} id={part} />
}
