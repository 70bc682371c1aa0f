import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import { QueryClientProvider } from '@tanstack/react-query'
import { useLogin } from '../data/login.ts'
import { PasswordAsking } from '../data/password.tsx'
import { reads } from '../data/use.ts'
import { Languages } from '../words/language.tsx'
import { Frame } from './frame.tsx'
import { LogIn } from './log-in.tsx'

/** The whole page: the login, or what who is logged in sees. */
export const App = () => (
  <CSPProvider disableStyleElements>
    <QueryClientProvider client={reads}>
      <Languages>
        <Tooltip.Provider>
          <PasswordAsking>
            <Inside />
          </PasswordAsking>
        </Tooltip.Provider>
      </Languages>
    </QueryClientProvider>
  </CSPProvider>
)

const Inside = () => (useLogin() === undefined ? <LogIn /> : <Frame />)
