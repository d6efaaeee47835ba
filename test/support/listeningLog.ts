/** A log that keeps its warnings and errors, for tests of what an operator is told. */
import { silentLog } from '../../src/adapters/log.ts'
import type { Log } from '../../src/core/ports.ts'

export interface ListeningLog extends Log {
  said: string[]
}

export function listeningLog(): ListeningLog {
  const said: string[] = []
  const say = (_: object, sentence: string) => void said.push(sentence)
  const log: ListeningLog = { ...silentLog, warn: say, error: say, said, child: () => log }
  return log
}
