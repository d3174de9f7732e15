// Attacked: who is ended after a drill: strangers that have the ids of processes of the service, which are used again.
import { beforeEach, expect, test, vi } from 'vitest'
import { Family } from './family.js'
import type { ProcessEntry } from './processes.js'

const machine = vi.hoisted(() => ({ processes: [] as ProcessEntry[], marked: new Set<number>() }))
vi.mock('./processes.js', async (original) => ({
  ...(await original<typeof import('./processes.js')>()),
  processIds: () => machine.processes.map(({ pid }) => pid),
  processEntry: (pid: number) => machine.processes.find((each) => each.pid === pid),
  wasGiven: (pid: number) => machine.marked.has(pid),
}))

const runs = (pid: number, ppid: number, session: number, started: string): ProcessEntry => ({ pid, ppid, session, started })

beforeEach(() => {
  machine.processes = [runs(1, 0, 1, '1'), runs(100, 1, 100, '10'), runs(101, 100, 100, '11')]
  machine.marked = new Set([100, 101])
})

const ended = (family: Family) => family.look().map(({ pid }) => pid)

test('those of the service are, also with another parent and a session of their own', () => {
  const family = new Family(100, 'KEELSON_DRILL=x')
  machine.processes = [runs(1, 0, 1, '1'), runs(101, 1, 100, '11'), runs(102, 101, 102, '12'), runs(103, 1, 103, '13')]
  machine.marked = new Set([101, 103])
  expect(ended(family)).toEqual([101, 102, 103])
})

test('a stranger with the id of the first process is not, nor are its children and its session', () => {
  const family = new Family(100, 'KEELSON_DRILL=x')
  machine.processes = [runs(1, 0, 1, '1'), runs(100, 1, 100, '90'), runs(104, 100, 100, '91'), runs(105, 1, 100, '92')]
  machine.marked = new Set()
  expect(ended(family)).toEqual([])
})

test('a stranger with the id of another process of the service is not, nor are its children', () => {
  const family = new Family(100, 'KEELSON_DRILL=x')
  machine.processes = [runs(1, 0, 1, '1'), runs(100, 1, 100, '10'), runs(101, 1, 50, '90'), runs(106, 101, 50, '91')]
  machine.marked = new Set([100])
  expect(ended(family)).toEqual([100])
})
