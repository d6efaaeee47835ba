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
    '**/*{Test,Tests,Spec,IT}.{java,kt,cs,scala,swift,php}',
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

const nothing: ClassifySettings = {}
/** Most paths whose kind is kept for one policy; the same path is always of the same kind, so nothing shows outside. */
const keptPaths = 20_000

interface Classifier {
  matchers: readonly (readonly [FileKind, (path: string) => boolean])[]
  known: Map<string, FileKind>
}
/** By the settings themselves: a policy is read once and asked about thousands of paths. */
const classifiers = new WeakMap<ClassifySettings, Classifier>()

function classifierOf(settings: ClassifySettings): Classifier {
  const made = classifiers.get(settings)
  if (made) return made
  const matcher = (kind: keyof typeof classifyDefaults) => {
    const match = picomatch([...(settings[kind] ?? classifyDefaults[kind])], { dot: true, nocase: true })
    return [kind, (path: string) => match(path)] as const
  }
  const classifier = {
    matchers: [matcher('test'), matcher('documentation'), matcher('configuration')],
    known: new Map<string, FileKind>(),
  }
  classifiers.set(settings, classifier)
  return classifier
}

/**
 * Classify a repository path by its name alone.
 *
 * @param path relative, forward slashes, as git spells it. Compared after NFC normalisation, without case (T17).
 * @returns the first that fits, in the order test, documentation, configuration; anything else is code. A fixture below
 *   a test folder is `test` whatever its ending, since it decides what the tests prove.
 */
export function classify(path: string, settings: ClassifySettings = nothing): FileKind {
  const { matchers, known } = classifierOf(settings)
  const kept = known.get(path)
  if (kept) return kept
  const normal = path.normalize('NFC')
  const kind = matchers.find(([, matches]) => matches(normal))?.[0] ?? 'code'
  if (known.size < keptPaths) known.set(path, kind)
  return kind
}
