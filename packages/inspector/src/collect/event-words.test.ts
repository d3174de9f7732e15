import { KeelsonError, type KernelEvent } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { eventWords } from './event-words.js'
import { Texts } from './texts.js'

const db = { at: 0, resource: 'db' } as const
const failed = new KeelsonError('START_FAILED', 'resource "db" failed to start: connect ECONNREFUSED 10.0.0.7:5432')
const unhealthy = new KeelsonError('CHECK_FAILED', 'resource "db" is unhealthy: connection lost')
const crashed = new KeelsonError('CRASHED', 'resource "db" crashed: out of memory')
const probe = (status: string, resources: string[] = []) =>
  ({ status, ready: status !== 'unready', reasons: resources.map((resource) => ({ resource })) }) as never

test.each<[KernelEvent, string | undefined, string?]>([
  [{ type: 'kernel:state', at: 0, from: 'idle', to: 'starting' }, 'the kernel starts', 'busy'],
  [{ type: 'kernel:state', at: 0, from: 'running', to: 'draining', reason: 'SIGTERM' }, 'the kernel drains: SIGTERM', 'busy'],
  [
    { type: 'kernel:state', at: 0, from: 'running', to: 'failed', error: crashed },
    'the kernel has failed: resource "db" crashed: out of memory',
    'bad',
  ],
  [{ type: 'kernel:cordon', at: 0, reason: 'maintenance' }, 'out of rotation: cordoned, maintenance', 'warn'],
  [{ type: 'kernel:cordon', at: 0, reason: undefined }, 'back in rotation: uncordoned', 'ok'],
  [
    { type: 'probe:change', at: 0, probe: probe('unready', ['a', 'b', 'c', 'd', 'e', 'f']), previous: probe('ready') },
    'not ready: a, b, c, d, e and 1 more',
    'bad',
  ],
  [{ type: 'probe:change', at: 0, probe: probe('degraded', ['cache']), previous: probe('ready') }, 'degraded: cache', 'warn'],
  [{ type: 'probe:change', at: 0, probe: probe('ready'), previous: probe('unready') }, 'ready again', 'ok'],
  [{ type: 'probe:change', at: 0, probe: probe('ready'), previous: probe('starting') }, undefined],
  [{ type: 'probe:change', at: 0, probe: probe('unready', ['a']), previous: probe('unready', ['b']) }, undefined],
  [{ type: 'resource:state', ...db, from: 'starting', to: 'running' }, 'db runs', 'ok'],
  [
    { type: 'resource:error', ...db, phase: 'start', error: failed },
    'db failed to start: connect ECONNREFUSED 10.0.0.7:5432',
    'bad',
  ],
  [{ type: 'resource:error', ...db, phase: undefined, error: new Error('odd') as never }, 'db failed: odd', 'bad'],
  [{ type: 'resource:standby', ...db, reason: 'host-b leads' }, 'db stands by: host-b leads', 'idle'],
  [{ type: 'resource:orphan', ...db }, 'db started after it had been given up, and was stopped', 'warn'],
  [{ type: 'check:result', ...db, ok: true, durationMs: 1 }, undefined],
  [
    { type: 'check:result', ...db, ok: false, durationMs: 1, error: new Error('no answer') as never },
    'db failed a check: no answer',
    'warn',
  ],
  [
    { type: 'health:change', ...db, from: 'healthy', to: 'unhealthy', error: unhealthy },
    'db is unhealthy: connection lost',
    'bad',
  ],
  [{ type: 'health:change', ...db, from: 'unhealthy', to: 'healthy' }, 'db is healthy again', 'ok'],
  [{ type: 'health:change', ...db, from: 'healthy', to: 'unknown' }, undefined],
  [
    { type: 'start:retry', ...db, try: 3, attempts: Infinity, delayMs: 2_000, error: failed },
    'db try 3 failed, again in 2 s: connect ECONNREFUSED 10.0.0.7:5432',
    'warn',
  ],
  [
    { type: 'start:retry', ...db, try: 1, attempts: 5, delayMs: 500, error: failed },
    'db try 1 of 5 failed, again in 500 ms: connect ECONNREFUSED 10.0.0.7:5432',
    'warn',
  ],
  [
    { type: 'restart:scheduled', ...db, attempt: 1, attempts: 3, delayMs: 1_500, resources: ['db', 'api'], error: crashed },
    'db is restarted, 1 of 3, in 1.5 s, with api: out of memory',
    'warn',
  ],
  [
    { type: 'restart:scheduled', ...db, attempt: 0, delayMs: 0, resources: ['db'] },
    'db is restarted, as it was asked for',
    'warn',
  ],
  [{ type: 'restart:done', ...db, attempt: 1, durationMs: 12_000 }, 'db is back, restarted in 12 s', 'ok'],
  [
    { type: 'restart:exhausted', ...db, attempts: 3, error: crashed },
    'db is not restarted any more, after 3: out of memory',
    'bad',
  ],
  [{ type: 'resource:lost', ...db, resources: ['api'], error: crashed }, 'db is lost, with api: out of memory', 'bad'],
  [{ type: 'resource:regained', ...db, resources: [] }, 'db is there after all', 'ok'],
  [{ type: 'resource:rotated', ...db, durationMs: 180_000 }, 'db was rotated in 3 min; the old instance drains', 'ok'],
  [{ type: 'listener:error', at: 0, event: 'kernel:state', error: 'odd' }, 'a listener of kernel:state failed: odd', 'warn'],
])('I1 %j is told in words', (event, text, tone) => {
  const words = eventWords(event, new Texts())
  expect(words?.text).toBe(text)
  if (tone !== undefined) expect(words?.tone).toBe(tone)
  if (text !== undefined) expect(words?.resource).toBe('resource' in event ? 'db' : undefined)
})
