/** Whether what a look gave out is still so: the same reading, or a newer one that says the same. */
import { isDeepStrictEqual } from 'node:util'
import type { RepositoryName } from '../../core/ids.ts'

/** What was given out under which key. */
export interface Given {
  name: RepositoryName
  key: string
  value: Promise<unknown>
  /** What it came to, once it has. */
  answer?: unknown
}

export function givenOut(name: RepositoryName, key: string, value: Promise<unknown>): Given {
  const given: Given = { name, key, value }
  value.then(
    (answer) => {
      given.answer = answer
    },
    // Told to whoever asked; nothing stands of it.
    () => undefined,
  )
  return given
}

/** @param now what is kept under its key now; absent when it was dropped. */
export function stillSo(
  given: Given,
  now: { value: Promise<unknown>; answer?: unknown; endsMs?: number } | undefined,
): boolean {
  if (now === undefined || now.endsMs !== undefined) return false
  if (now.value === given.value) return true
  const same =
    now.answer !== undefined && given.answer !== undefined && isDeepStrictEqual(now.answer, given.answer)
  // So that the two are compared once.
  if (same) given.value = now.value
  return same
}
