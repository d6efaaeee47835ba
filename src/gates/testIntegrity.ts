/** G13: deleted, skipped or weakened tests are shown line by line, and a person looks. */
import { classify } from '../core/classify.ts'
import type { DiffFile } from '../core/evidence.ts'
import { code, count } from '../core/sentences.ts'
import { type Annotation, flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

const skipped =
  /\b(?:describe|it|test|suite|context)\s*\.\s*(?:skip|only|todo|failing|skipIf|fixme)\b|\b(?:xit|xdescribe|xtest|fit|fdescribe)\s*\(|@(?:pytest\.mark\.(?:skip|xfail)|unittest\.skip|Disabled|Ignore)\b|\bt\.Skip(?:f|Now)?\(|#\[ignore\]|\bpytest\.skip\(/
const declared = /\b(?:it|test)(?:\s*\.\s*each\b.*)?\s*\(|^\s*def\s+test_|^\s*func\s+Test|@Test\b|#\[test\]/
const asserted = /\bexpect\s*\(|\bassert\w*\b|\.should\b|\brequire\.(?:Equal|NoError|True)/
/** Matchers that pass for almost anything; adding one where an exact one was removed is a weakening. */
const vague =
  /\.(?:toBeTruthy|toBeDefined|toBeFalsy|not\.toThrow|toBeUndefined)\(\s*\)|expect\.anything\(\)|assert\s*\(?\s*True\s*\)?|expect\(\s*true\s*\)/

export const testIntegrity = diffGate({
  id: 'test-integrity',
  requirement: 'G13',
  title: 'Test integrity',
  about: 'Deleted, skipped and weakened tests are shown line by line for a person to accept.',
  acceptedBy: 'approver',
  judge: (diff, input) => {
    const isTest = (path: string) => classify(path, input.settings.paths) === 'test'
    const found = diff.files
      .filter((file) => isTest(file.path) || (file.renamedFrom !== null && isTest(file.renamedFrom)))
      .flatMap((file) => findings(file, isTest(file.path)))
    if (found.length === 0) return pass('No test was deleted, skipped or weakened.')
    const first = found.slice(0, 3).map((one) => `${code(one.path)}: ${one.message}`)
    const rest = found.length > 3 ? `; and ${count(found.length - 3, 'more place')} in the annotations` : ''
    return flag(
      `Tests were deleted, skipped or weakened: ${first.join('; ')}${rest}. Put them back and push, or a person who may approve accepts it with the Accept button.`,
      found.slice(0, 50),
    )
  },
})

function findings(file: DiffFile, stillTest: boolean): Annotation[] {
  const at = (line: number, message: string): Annotation => ({
    path: file.path,
    startLine: line,
    endLine: line,
    level: 'warning',
    message,
  })
  if (file.status === 'deleted')
    return [at(1, `the test file was deleted (${count(file.deletions, 'line')})`)]
  if (!stillTest) return [at(1, `renamed from ${file.renamedFrom}, it no longer counts as a test`)]
  if (file.truncated) return [at(1, 'too large to compare line by line')]
  const kept = new Set(file.added.map(({ text }) => text.trim()))
  const gone = file.removed.filter(({ text }) => !kept.has(text.trim()))
  const removedTests = gone.filter(({ text }) => declared.test(text))
  const addedTests = file.added.filter(({ text }) => declared.test(text)).length
  const removedChecks = gone.filter(({ text }) => asserted.test(text) && !vague.test(text))
  const addedChecks = file.added.filter(({ text }) => asserted.test(text) && !vague.test(text)).length
  return [
    ...file.added
      .filter(({ text }) => skipped.test(text))
      .map(({ line, text }) => at(line, `skips or narrows tests: ${text.trim().slice(0, 200)}`)),
    ...(removedTests.length > addedTests ? removedTests : []).map(({ line, text }) =>
      at(line, `test removed (line ${line} before): ${text.trim().slice(0, 200)}`),
    ),
    ...(removedChecks.length > addedChecks ? removedChecks : []).map(({ line, text }) =>
      at(line, `assertion removed (line ${line} before): ${text.trim().slice(0, 200)}`),
    ),
  ]
}
