/** What kind of file a path is: the one classification that gates and the pipeline share (G5, G6, P5, P12). */
import picomatch from 'picomatch'

export const fileKinds = ['test', 'documentation', 'code', 'configuration'] as const
export type FileKind = (typeof fileKinds)[number]

/** Globs of a repository's policy; a kind that is named replaces its defaults. */
export interface ClassifySettings {
  test?: string[] | undefined
  documentation?: string[] | undefined
  configuration?: string[] | undefined
}

/** What counts as what unless policy says otherwise; docs/gates.md lists it. */
export const classifyDefaults = {
  test: [
    '**/{test,tests,__tests__,spec,specs,e2e}/**',
    '**/*{.,_,-}{test,tests,spec,specs}.*',
    '**/test_*.py',
    '**/*_test.go',
    '**/*{Test,Tests,Spec,IT}.{java,kt,cs,scala,swift}',
    '**/__snapshots__/**',
  ],
  documentation: [
    '{doc,docs,documentation,website}/**',
    '**/*.{md,mdx,markdown,rst,adoc,txt}',
    '**/{README,CHANGELOG,CONTRIBUTING,LICENSE,NOTICE,SECURITY,AUTHORS}',
  ],
  configuration: [
    '.*',
    '.*/**',
    '**/.*',
    '**/*.{json,jsonc,json5,yml,yaml,toml,ini,cfg,conf,properties,lock,env}',
    '**/*.config.*',
    '**/{Dockerfile,Makefile,Jenkinsfile,Procfile,Gemfile,Rakefile,go.mod,go.sum}',
  ],
} as const

/** The largest glob list that is compiled once and kept; beyond it lists are compiled again, never refused. */
const keptMatchers = 64
const kept = new Map<string, (path: string) => boolean>()

function matcher(globs: readonly string[]): (path: string) => boolean {
  const key = globs.join('\0')
  const known = kept.get(key)
  if (known) return known
  const made = picomatch([...globs], { dot: true, nocase: true })
  const match = (path: string) => made(path)
  if (kept.size < keptMatchers) kept.set(key, match)
  return match
}

/**
 * Classify a repository path by its name alone.
 *
 * @param path relative, forward slashes, as git spells it. Compared after NFC normalisation, without case (T17).
 * @returns the first that fits, in the order test, documentation, configuration; anything else is code. A fixture below
 *   a test folder is `test` whatever its ending, since it decides what the tests prove.
 */
export function classify(path: string, settings: ClassifySettings = {}): FileKind {
  const normal = path.normalize('NFC')
  if (matcher(settings.test ?? classifyDefaults.test)(normal)) return 'test'
  if (matcher(settings.documentation ?? classifyDefaults.documentation)(normal)) return 'documentation'
  if (matcher(settings.configuration ?? classifyDefaults.configuration)(normal)) return 'configuration'
  return 'code'
}
