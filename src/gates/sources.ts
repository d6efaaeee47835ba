/** Where dependencies come from: an added line of a lockfile or the like that fetches from elsewhere than its registry (G12). */
import type { DiffFile } from '../core/evidence.ts'
import { matchesGlob } from '../core/glob.ts'

/**
 * Files that nobody reads and that decide what is installed and run, each with the lines on which an address is where
 * something is fetched, not where one reads about it. What package.json and its like fetch from elsewhere is no plain
 * version, and so seen already.
 */
const fetching: readonly [RegExp, RegExp][] = [
  [/^(?:package-lock|npm-shrinkwrap)\.json$/, /^\s*"resolved"\s*:/],
  [/^(?:yarn\.lock|bun\.lock)$/, /^(?!\s*#)/],
  [/^pnpm-lock\.yaml$/, /\b(?:tarball|repo|registry|resolution)\b/],
  [/^(?:requirements|constraints)[^/]*\.(?:txt|in)$/, /^(?!\s*#)/],
  [/^Pipfile(?:\.lock)?$/, /^\s*"?(?:url|git|file)"?\s*[:=]|[{,]\s*(?:git|file)\s*=/],
  [/^(?:poetry|uv|pdm)\.lock$/, /\b(?:url|registry|git|source)\s*=/],
  [/^Cargo\.lock$/, /^\s*source\s*=/],
  [/^Gemfile(?:\.lock)?$/, /^(?!\s*#).*\b(?:remote|source|git)\b/],
  [/^composer\.lock$/, /"url"\s*:\s*"[^"]{1,300}(?:\.git|zipball\/[^"]{1,100}|\.zip|\.tar\.\w{1,4})"/],
]

const registries = new Set([
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'npm.jsr.io',
  'pypi.org',
  'files.pythonhosted.org',
  'index.crates.io',
  'rubygems.org',
])
/** GitHub holds the list of crates, and what Packagist lists. */
const ofGitHub: readonly [RegExp, RegExp][] = [
  [/^Cargo\.lock$/, /registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index"/],
  [/^composer\.lock$/, /"https:\/\/(?:api\.)?github\.com\//],
]

const address = /(?:https?|git|ssh):\/\/(?:[^\s/@"'<>]{1,100}@)?([A-Za-z0-9.-]{1,200})/
/** Options of pip that add a place to look in, whatever it is. */
const option = /^\s*(?:-e|--editable|-f|--find-links|-i|--index-url|--extra-index-url|--trusted-host)[\s=]/

/**
 * Added lines that fetch from a host that no line taken away named. Hosts under `known` are let through, so that an
 * organisation names its own registry once.
 */
export function foreignSources(
  file: DiffFile,
  known: readonly string[],
): { path: string; line: number; host: string }[] {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  const line = fetching.find(([files]) => files.test(name))?.[1]
  if (!line || file.status === 'deleted') return []
  const hostIn = (text: string): string | null => {
    if (!line.test(text)) return null
    const host = address.exec(text)?.[1]?.toLowerCase()
    if (host === undefined) return option.test(text) ? text.trim().slice(0, 100) : null
    const listed = ofGitHub.some(([files, form]) => files.test(name) && form.test(text))
    return registries.has(host) || listed ? null : host
  }
  const seen = new Set(file.removed.map(({ text }) => hostIn(text)))
  return file.added.flatMap(({ line: at, text }) => {
    const host = hostIn(text)
    if (host === null || seen.has(host) || known.some((glob) => matchesGlob(glob, host))) return []
    seen.add(host)
    return [{ path: file.path, line: at, host }]
  })
}
