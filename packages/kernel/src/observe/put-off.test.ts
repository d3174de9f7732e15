import { describe, expect, test } from 'vitest'
import type { KeelsonError, Kernel, KernelEventType } from '../index.js'
import { rejection, startError } from '../test-support/rejection.js'
import { type Scene, scene } from '../test-support/scene.js'

/** Does it once, in a listener. */
const inListener = (app: Kernel, type: KernelEventType, work: () => void) => app.once(type, work)

async function lived({ clock }: Scene, app: Kernel): Promise<void> {
  await clock.run(app.start())
  await clock.run(app.shutdown())
}

const codeOf = async (work: Promise<unknown>) => ((await rejection(work)) as KeelsonError).code

describe('E2 what is asked for in the turn in which a listener asked waits behind that', () => {
  test.each([
    ['that has never run', false, 'kernel:state'],
    ['that has stopped', true, 'probe:change'],
    ['that has stopped, told otherwise', true, 'kernel:state'],
  ] as const)('E2 a shutdown of a kernel %s gives the start up', async (_, before, type) => {
    const set = scene()
    const { clock, kernel, traced, log } = set
    const app = kernel([traced('db')])
    if (before) await lived(set, app)
    log.length = 0
    let started: Promise<Error> | undefined
    inListener(app, type, () => {
      started = startError(app.start())
    })
    app.fail(new Error('late'))
    const ended = app.shutdown('SIGTERM')
    expect((await clock.run(ended)).reason).toBe('SIGTERM')
    expect((await started!).message).toContain('SIGTERM')
    expect(app.state).toBe('stopped')
    expect(log).toEqual([])
  })

  test('E2 a failure of the kernel gives the start up before anything is launched', async () => {
    const set = scene()
    const { clock, kernel, traced, log } = set
    const app = kernel([traced('db')])
    let started: Promise<Error> | undefined
    inListener(app, 'kernel:state', () => {
      started = startError(app.start())
    })
    app.fail(new Error('first'))
    app.fail(new Error('second'))
    expect((await started!).message).toContain('second')
    expect(app.state).toBe('failed')
    expect(app.probe().live).toBe(false)
    expect(log).toEqual([])
    await clock.run(app.start())
    await clock.run(app.shutdown())
  })

  test('E2 an addition, a removal and a restart behind a shutdown are refused', async () => {
    const { clock, kernel, traced, log } = scene()
    const db = traced('db', { stopMs: 10 })
    const app = await clock.run(kernel([db]).start())
    let ended: Promise<unknown> | undefined
    let asked: Promise<unknown>[] = []
    inListener(app, 'kernel:state', () => {
      ended = app.shutdown('deploy')
      asked = [codeOf(app.add(traced('late')))]
    })
    app.fail(new Error('gone'))
    asked.push(codeOf(app.add(traced('later'))), codeOf(app.remove(db)), codeOf(app.restart(db)))
    expect(await Promise.all(asked)).toEqual(['INVALID_STATE', 'INVALID_STATE', 'INVALID_STATE', 'INVALID_STATE'])
    await clock.run(ended!)
    expect(log).toEqual(['start db', 'stop db', 'stopped db'])
  })

  test('E2 a shutdown behind an addition waits until that has begun, and stops what it added', async () => {
    const { clock, kernel, traced, log } = scene()
    const app = await clock.run(kernel([traced('db', { impact: 'none', check: () => true })]).start())
    const cache = traced('cache')
    let added: Promise<unknown> | undefined
    inListener(app, 'check:result', () => {
      added = app.add(cache).then(
        () => 'added',
        ({ code }) => code,
      )
    })
    await clock.advance(10_000)
    expect(await added).toBe('added')
    await clock.run(app.shutdown())
    expect(log).toEqual(['start db', 'start cache', 'stop cache', 'stop db'])
  })
})
