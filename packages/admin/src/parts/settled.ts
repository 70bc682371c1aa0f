import { useEffect, useState } from 'react'

const SETTLED_MS = 300

/** A value that has not changed for a moment: nobody is asked for each letter. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  const text = JSON.stringify(value)
  useEffect(() => {
    // The text is of a value of this type.
    const timer = setTimeout(() => setSettled(JSON.parse(text) as T), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}
