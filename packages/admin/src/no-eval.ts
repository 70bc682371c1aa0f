// Before zod is there: it would try whether it may make functions from texts, which the policy of the page forbids and notes.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } })
