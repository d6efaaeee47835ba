/** G5: code comes with tests, unless the approved plan says why it needs none. */
import { classify } from '../core/classify.ts'
import { code, count, listed } from '../core/sentences.ts'
import { flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

export const testsWithCode = diffGate({
  id: 'tests-with-code',
  requirement: 'G5',
  title: 'Tests with code',
  about: 'Code comes with tests, unless the approved plan says why it needs none.',
  acceptedBy: 'approver',
  off: (input) =>
    input.settings.tests_with_code ? null : 'Switched off in the policy file (`gates.tests_with_code`).',
  judge: (diff, input) => {
    const kindOf = (path: string) => classify(path, input.settings.paths)
    const changed = diff.files.filter((file) => kindOf(file.path) === 'code')
    if (changed.length === 0) return pass('No code was changed, so no test is asked for.')
    const tests = diff.files.filter(
      (file) => kindOf(file.path) === 'test' && file.status !== 'deleted' && file.additions > 0,
    )
    if (tests.length > 0)
      return pass(
        `${count(changed.length, 'code file')} changed together with ${count(tests.length, 'test file')}.`,
      )
    if (input.plan?.tests.kind === 'none')
      return pass(`The plan says that no test is needed: ${code(input.plan.tests.reason, 200)}.`)
    return flag(
      `${listed(
        changed.map((file) => code(file.path)),
        3,
      )} changed without a test. Add one and push, or a person who may approve accepts it with the Accept button.`,
    )
  },
})
