/** The nearest real names to an invented one: what an objection offers instead. */

const mostCandidates = 50_000
const longest = 80

/**
 * Up to three candidates, nearest first, by edit distance without case; none that differ in more than a third.
 * Candidates beyond 50,000 and names beyond 80 characters are not compared.
 */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  const wanted = name.toLowerCase().slice(0, longest)
  const limit = Math.max(2, Math.ceil(wanted.length / 3))
  const scored: { candidate: string; distance: number }[] = []
  const seen = new Set<string>()
  for (const candidate of candidates) {
    if (seen.size >= mostCandidates) break
    if (seen.has(candidate) || candidate === name || candidate.length > longest) continue
    seen.add(candidate)
    if (Math.abs(candidate.length - wanted.length) > limit) continue
    const distance = editDistance(wanted, candidate.toLowerCase(), limit)
    if (distance <= limit) scored.push({ candidate, distance })
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map((one) => one.candidate)
}

/** Levenshtein's distance, given up once every way is longer than `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    let best = i
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const value = Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1)
      next.push(value)
      best = Math.min(best, value)
    }
    if (best > limit) return limit + 1
    row = next
  }
  return row[b.length] as number
}
