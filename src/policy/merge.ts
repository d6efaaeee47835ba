/** Joins an organisation's policy with a repository's, before either is judged by the schema. */

/**
 * The raw policy of a repository that extends the organisation's: mappings are joined key by key, anything else that
 * the repository writes replaces what the organisation wrote. A text that is not a mapping is left for the schema to
 * refuse. Bounded by the depth that the parser lets through.
 */
export function mergePolicies(organisation: unknown, repository: unknown): unknown {
  if (!isMapping(organisation)) return repository
  if (!isMapping(repository))
    return repository === undefined || repository === null ? organisation : repository
  const joined: Record<string, unknown> = { ...organisation }
  for (const [key, value] of Object.entries(repository)) {
    const joinedValue = Object.hasOwn(organisation, key) ? mergePolicies(organisation[key], value) : value
    // Never an assignment to `__proto__`, whatever a file says.
    Object.defineProperty(joined, key, {
      value: joinedValue,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return joined
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
