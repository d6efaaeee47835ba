/** G1: types and lint, by the commands that policy names. */
import { commandGate } from './command.ts'

export const types = commandGate({
  id: 'types',
  requirement: 'G1',
  title: 'Types and lint',
  commands: ['typecheck', 'lint'],
})
