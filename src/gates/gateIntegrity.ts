/** G12: a change to what the gates themselves rest on (workflows, configuration, scripts, thresholds) needs a senior. */
import type { DiffFile } from '../core/evidence.ts'
import { matchesGlob } from '../core/glob.ts'
import { code, listed } from '../core/sentences.ts'
import type { Annotation } from '../core/verdict.ts'
import { flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'
import { configuration, dependencyLines, suppressions } from './gateFiles.ts'
import { foreignSources } from './sources.ts'

export const gateIntegrity = diffGate({
  id: 'gate-integrity',
  requirement: 'G12',
  title: 'Gate integrity',
  about:
    'A change to workflows, test, coverage and lint configuration, package scripts, thresholds, a dependency from elsewhere than its registry, or a comment that switches a checker off needs a senior.',
  acceptedBy: 'senior',
  judge: (diff, input) => {
    const files = diff.files.filter(changesGates)
    const annotations: Annotation[] = diff.files.flatMap((file) =>
      (isProse(file.path) ? [] : file.added)
        .filter(({ text }) => suppressions.test(text))
        .map(({ line }) => ({
          path: file.path,
          startLine: line,
          endLine: line,
          level: 'warning' as const,
          message: 'This line switches a checker off (G12).',
        })),
    )
    const sources = diff.files.flatMap((file) => foreignSources(file, input.settings.references.known))
    if (files.length + annotations.length + sources.length === 0)
      return pass('Nothing that the gates rest on was changed.')
    const places = [
      ...files.map((file) => code(file.path)),
      ...annotations.map((one) => `${code(`${one.path}:${one.startLine}`)} (switches a checker off)`),
      ...sources.map(
        ({ path, line, host }) => `${code(`${path}:${line}`)} (a dependency comes from ${code(host)})`,
      ),
    ]
    return flag(
      `The diff changes what the gates rest on: ${listed(places)} (rule G12). A senior named in policy allows it with the Accept button on this check; there is no comment form.`,
      annotations.slice(0, 50),
    )
  },
})

function changesGates(file: DiffFile): boolean {
  const names = file.renamedFrom === null ? [file.path] : [file.path, file.renamedFrom]
  if (names.some((name) => configuration.some((glob) => matchesGlob(glob, name)))) return true
  const plain = dependencyLines.find(([manifest]) => names.some((name) => matchesGlob(manifest, name)))?.[1]
  if (!plain) return false
  if (file.status !== 'modified' || file.truncated || file.binary) return true
  return [...file.added, ...file.removed].some(({ text }) => text.trim() !== '' && !plain.test(text))
}

/** Prose names such comments and switches nothing off. */
const isProse = (path: string) => /\.(?:md|markdown|rst|adoc|txt)$/i.test(path)
