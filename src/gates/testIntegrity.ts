/** G13: deleted, skipped or weakened tests are shown line by line, and a person looks. */
import { classify } from '../core/classify.ts'
import type { DiffFile } from '../core/evidence.ts'
import { code, count } from '../core/sentences.ts'
import { type Annotation, flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'
import { holdsTests, opensComment, wordsFor } from './testWords.ts'

export const testIntegrity = diffGate({
  id: 'test-integrity',
  requirement: 'G13',
  title: 'Test integrity',
  about: 'Deleted, skipped and weakened tests are shown line by line for a person to accept.',
  acceptedBy: 'approver',
  judge: (diff, input) => {
    const isTest = (path: string) => classify(path, input.settings.paths) === 'test'
    const found = diff.files.flatMap((file) =>
      isTest(file.path) || (file.renamedFrom !== null && isTest(file.renamedFrom))
        ? findings(file, isTest(file.path))
        : holdsTests(file.path)
          ? [...leftOut(file), ...removedFrom(file)]
          : [],
    )
    if (found.length === 0) return pass('No test was deleted, skipped or weakened.')
    const first = found.slice(0, 3).map((one) => `${code(one.path)}: ${one.message}`)
    const rest = found.length > 3 ? `; and ${count(found.length - 3, 'more place')} in the annotations` : ''
    return flag(
      `Tests were deleted, skipped or weakened: ${first.join('; ')}${rest}. Put them back and push, or a person who may approve accepts it with the Accept button.`,
      found.slice(0, 50),
    )
  },
})

const at = ({ path }: DiffFile, line: number, message: string): Annotation => ({
  path,
  startLine: line,
  endLine: line,
  level: 'warning',
  message,
})

function findings(file: DiffFile, stillTest: boolean): Annotation[] {
  if (file.status === 'deleted')
    return [at(file, 1, `the test file was deleted (${count(file.deletions, 'line')})`)]
  if (!stillTest) return [at(file, 1, `renamed from ${file.renamedFrom}, it no longer counts as a test`)]
  if (file.truncated) return [at(file, 1, 'too large to compare line by line')]
  return [...leftOut(file), ...removedFrom(file), ...weakened(file)]
}

const shown = (text: string) => text.trim().slice(0, 200)

/** Added lines that skip or narrow tests, or that take what followed out of the program. */
function leftOut(file: DiffFile): Annotation[] {
  const { skipped, comment } = wordsFor(file.path)
  const added = new Set(file.added.map(({ line }) => line))
  return file.added.flatMap(({ line, text }) => {
    if (opensComment.test(text) && !added.has(line + 1))
      return [at(file, line, `takes the lines after it out: ${shown(text)}`)]
    return !comment.test(text) && skipped.some((form) => form.test(text))
      ? [at(file, line, `skips or narrows tests: ${shown(text)}`)]
      : []
  })
}

/** Lines of one form that went, when fewer came; what a comment says is not there. */
function fewer(file: DiffFile, form: (text: string) => boolean): DiffFile['removed'] {
  const { comment } = wordsFor(file.path)
  const counted = ({ text }: { text: string }) => !comment.test(text) && form(text)
  const kept = new Set(file.added.map(({ text }) => text.trim()))
  const gone = file.removed.filter((one) => counted(one) && !kept.has(one.text.trim()))
  const come = file.added.filter(counted)
  return gone.length > come.length ? gone : []
}

function removedFrom(file: DiffFile): Annotation[] {
  const { declared } = wordsFor(file.path)
  return fewer(file, (text) => declared.test(text)).map(({ line, text }) =>
    at(file, line, `test removed (line ${line} before): ${shown(text)}`),
  )
}

function weakened(file: DiffFile): Annotation[] {
  const { asserted, vague } = wordsFor(file.path)
  return fewer(file, (text) => asserted.test(text) && !vague.test(text)).map(({ line, text }) =>
    at(file, line, `assertion removed (line ${line} before): ${shown(text)}`),
  )
}
