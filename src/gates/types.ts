/** G1: types and lint, by the commands that policy names. */
import { commandGate } from './command.ts'

export const types = commandGate({
  id: 'types',
  requirement: 'G1',
  title: 'Types and lint',
  about: 'The type-check and lint commands of policy succeed in the sandbox.',
  commands: ['typecheck', 'lint'],
})
