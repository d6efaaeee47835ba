/** The embedded queue keeps the contract. */
import { describe } from '@jest/globals'
import { inProcessQueue } from '../../../src/adapters/queue/inProcess/queue.ts'
import { queueContract } from './contract.ts'

describe('in process', () => queueContract(async (tools) => inProcessQueue(tools)))
