/** Looking into JSON that a stranger sent: reading it, and the place that policy names by a pointer (RFC 6901). */

/** The JSON of a text, or undefined when it is none. (JSON has no undefined.) */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever else it is, a page of HTML or half an answer, nothing can be looked for in it.
    return undefined
  }
}

/** The value at a pointer, or undefined when there is none. Only an object's own members are found. */
export function atPointer(json: unknown, pointer: string): unknown {
  let found = json
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    // An array has members that are no elements, such as its length.
    if (Array.isArray(found) && !/^(0|[1-9]\d*)$/.test(name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

/** What a value is, for a sentence: `a text`, `an object`; never what it says. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  const kinds: Record<string, string> = { string: 'a text', boolean: 'true or false', object: 'an object' }
  return kinds[typeof value] ?? 'a number'
}
