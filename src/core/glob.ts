/** A small glob matcher for paths in policy: `*`, `?`, `**` and `{a,b}`, in linear time; blind to case and Unicode form where it protects. */

const maximumAlternatives = 64
const maximumLength = 500

/** A path or glob as compared: NFKC-normalised (full-width and ligature look-alikes too), case-folded (T17). */
export function foldPath(path: string): string {
  return path.normalize('NFKC').toLowerCase().normalize('NFC')
}

/**
 * True when a repository path matches a glob. A glob without a slash matches in any folder, as in .gitignore; `**`
 * stands for any number of folders; `a/` means everything below `a`. Overlong globs match everything, so that a
 * mistake protects too much rather than too little.
 */
export function matchesGlob(glob: string, path: string): boolean {
  const patterns = compiled(glob)
  if (patterns === null) return true
  const segments = segmentsOf(path)
  return patterns.some((pattern) => matchSegments(pattern, segments))
}

/** Whether a glob is within the bounds, so that it matches what it says. */
export function isUsableGlob(glob: string): boolean {
  return compiled(glob, keptExactly) !== null
}

/**
 * The same for lists that allow: case and Unicode form count as git counts them, and a glob that cannot be used matches
 * nothing, so that a mistake allows too little rather than too much.
 */
export function matchesExactly(glob: string, path: string): boolean {
  const patterns = compiled(glob, keptExactly)
  const segments = path.split('/')
  return (patterns ?? []).some((pattern) => matchSegments(pattern, segments))
}

/** One path is usually tried against many globs in a row, and folding costs more than matching: the last is kept. */
let lastPath = ''
let lastSegments = ['']

function segmentsOf(path: string): string[] {
  if (path !== lastPath) {
    lastSegments = foldPath(path).split('/')
    lastPath = path
  }
  return lastSegments
}

/** Compiled globs that are kept; the same glob always compiles to the same segments, so nothing shows outside. */
const kept = new Map<string, string[][] | null>()
const keptExactly: typeof kept = new Map()
const maximumKept = 2000

/** The alternatives of a glob in segments; null when it is longer, or has more of them, than the bounds. */
function compiled(glob: string, cache = kept): string[][] | null {
  const known = cache.get(glob)
  if (known !== undefined) return known
  const folded = cache === kept ? foldPath(glob) : glob
  const alternatives = folded.length > maximumLength ? null : expandBraces(folded)
  const patterns = alternatives === null ? null : alternatives.map(patternSegments)
  if (cache.size < maximumKept) cache.set(glob, patterns)
  return patterns
}

function patternSegments(glob: string): string[] {
  const anchored = glob.startsWith('/') ? glob.slice(1) : glob.includes('/') ? glob : `**/${glob}`
  return (anchored.endsWith('/') ? `${anchored}**` : anchored).split('/')
}

/** All alternatives of `{a,b}`, without nesting; null when there are more than the bound. */
function expandBraces(glob: string): string[] | null {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(glob)
  if (!match) return [glob]
  const [, before = '', inside = '', after = ''] = match
  const tails = expandBraces(after)
  if (tails === null) return null
  const results = inside.split(',').flatMap((part) => tails.map((tail) => before + part + tail))
  return results.length > maximumAlternatives ? null : results
}

/** Row by row over the path's segments: `reach[i]` says that the first i pattern segments match what was read. */
function matchSegments(pattern: string[], path: string[]): boolean {
  // Most globs end in a name, and most names are another: that settles it without a walk.
  const last = pattern.at(-1) as string
  if (last !== '**' && !matchSegment(last, path.at(-1) as string)) return false
  let reach = closure(pattern, [true])
  for (const segment of path) {
    const next: boolean[] = [false]
    let alive = false
    for (let index = 0; index < pattern.length; index++) {
      const part = pattern[index] as string
      const hit =
        part === '**'
          ? reach[index + 1] === true || reach[index] === true
          : reach[index] === true && matchSegment(part, segment)
      next[index + 1] = hit
      alive ||= hit
    }
    if (!alive) return false
    reach = closure(pattern, next)
  }
  return reach[pattern.length] === true
}

/** `**` also matches nothing. */
function closure(pattern: string[], reach: boolean[]): boolean[] {
  for (let index = 0; index < pattern.length; index++)
    if (pattern[index] === '**' && reach[index]) reach[index + 1] = true
  return reach
}

/** One segment with `*` and `?`, by the two-pointer method: back to the last star only, so never exponential. */
function matchSegment(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let mark = 0
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] === text[t] && pattern[p] !== '*'))) {
      p++
      t++
    } else if (p < pattern.length && pattern[p] === '*') {
      star = p++
      mark = t
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
