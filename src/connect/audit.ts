/** The audit as events and the sweep ask for it: one look at a time, so that neither reports what the other has reported. */
import { Mutex } from 'async-mutex'
import { type AuditPorts, auditBranch, auditRepository, beginAudit } from '../audit.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { Readings } from '../core/ports.ts'
import type { Audit } from '../sweep.ts'

export interface Audits extends Audit {
  branch(repository: RepositoryName, branch: string): Promise<void>
}

export function createAudits(ports: AuditPorts & { readings: Pick<Readings, 'open'> }): Audits {
  const looking = new Mutex()
  const inTurn = (look: (ports: AuditPorts) => Promise<void>) =>
    looking.runExclusive(() => {
      const { forge: reads } = ports.readings.open({ fresh: false })
      return look({ ...ports, forge: { ...ports.forge, ...reads } })
    })
  return {
    begin: (repository) => inTurn((on) => beginAudit(repository, on)),
    look: (repository) => inTurn((on) => auditRepository(repository, on)),
    branch: (repository, branch) => inTurn((on) => auditBranch(repository, branch, on)),
  }
}
